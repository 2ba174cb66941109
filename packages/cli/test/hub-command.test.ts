/** The command and the hub: what a user types, with a server of the test's own in place of the hub. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, beforeEach, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { commit, type FakeHub, fakeHub, hashOf, refuse, stuck } from "./fake-hub.ts";

const main = fileURLToPath(new URL("../src/main.ts", import.meta.url));
const draft = fileURLToPath(new URL("../../tiny/draft", import.meta.url));
const root = await mkdtemp(join(tmpdir(), "lenity-hub-"));
after(() => rm(root, { recursive: true }));

const files: Record<string, Buffer> = {};
for (const path of [
  "config.json",
  "generation_config.json",
  "model.safetensors",
  "onnx/model.onnx",
  "tokenizer.json",
  "tokenizer_config.json",
])
  files[path] = await readFile(join(draft, path));
const model = files["onnx/model.onnx"] as Buffer;
const blob = () => join(home, "hub", "models--org--tiny", "blobs", hashOf("onnx/model.onnx", model));
const folder = () => join(home, "hub", "models--org--tiny", "snapshots", commit);

let fake: FakeHub;
let home: string;
let homes = 0;
beforeEach(async () => {
  await fake?.close();
  fake = await fakeHub("org/tiny", files);
  home = join(root, `home-${homes++}`);
});
after(() => fake.close());

interface Ended {
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
}
function start(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  cwd = root,
): { child: ChildProcess; ended: Promise<Ended> } {
  const clean = Object.fromEntries(Object.entries(process.env).filter(([key]) => !key.startsWith("HF_")));
  const env = { ...clean, NO_COLOR: "1", HF_HOME: home, HF_ENDPOINT: fake.url, ...environment };
  const child = spawn(process.execPath, [main, ...args], { env, cwd, stdio: ["ignore", "pipe", "pipe"] });
  let [out, err] = ["", ""];
  child.stdout.on("data", (data) => (out += data));
  child.stderr.on("data", (data) => (err += data));
  return { child, ended: new Promise((resolve) => child.on("close", (status) => resolve({ status, out, err }))) };
}
const lenity = (args: readonly string[], environment?: Readonly<Record<string, string>>, cwd?: string) =>
  start(args, environment, cwd).ended;
const done = async (
  args: readonly string[],
  environment?: Readonly<Record<string, string>>,
  cwd?: string,
): Promise<Ended> => {
  const ended = await lenity(args, environment, cwd);
  assert.equal(ended.status, 0, ended.err);
  return ended;
};

describe("--model ORG/NAME", () => {
  const question = "Anna has 3 boxes with 4 apples in each. Then she gives 5 apples to Ben. How many apples are left?";
  const chat = ["chat", question, "--max-tokens", "12"];
  test("pulls the model once, answers as its folder does, and needs no hub afterwards", async () => {
    const expected = await done([...chat, "--model", draft]);
    const first = await done([...chat, "--model", "org/tiny"]);
    assert.equal(first.out, expected.out);
    assert.match(
      first.err,
      /org\/tiny is not a folder here and not in the cache; downloading it from http:.*\n.*5 of 5 files to download/,
    );
    await fake.close();
    const again = await done([...chat, "--model", "org/tiny", "--draft", "org/tiny"]);
    assert.equal(again.out, expected.out);
    assert.doesNotMatch(again.err, /downloading/);
    assert.match((await done(["inspect", "org/tiny"])).out, /hidden +pre-norm/);
    assert.match((await done(["policies", "--model", "org/tiny"])).out, /judi/);
  });

  test("is pulled for --draft and for inspect as well", async () => {
    assert.match((await done(["inspect", "org/tiny", "--json"])).err, /downloading it/);
    await rm(home, { recursive: true });
    assert.match((await done([...chat, "--draft", "org/tiny"])).err, /downloading it/);
  });

  test("is what a server calls the model", async () => {
    await done(["pull", "org/tiny"]);
    const { child, ended } = start(["serve", "--port", "0", "--model", "org/tiny"]);
    const [url] = await new Promise<string[]>((resolve, reject) => {
      child.stdout?.on("data", (data) => resolve(/http:\S+/.exec(String(data)) ?? []));
      void ended.then(({ err }) => reject(new Error(err)));
    });
    const { data } = (await (await fetch(`${url}/v1/models`)).json()) as { data: { id: string }[] };
    assert.deepEqual(
      data.map(({ id }) => id),
      ["org/tiny"],
    );
    child.kill("SIGTERM");
    assert.equal((await ended).status, 0);
  });

  test("yields to a folder of that name", async () => {
    const here = join(root, "here");
    await mkdir(join(here, "org"), { recursive: true });
    await cp(draft, join(here, "org", "tiny"), { recursive: true });
    assert.match((await done(["inspect", "org/tiny"], {}, here)).out, /^org\/tiny\n/);
    assert.deepEqual(fake.seen, []);
  });

  test("is told from a path that is none and from a file", async () => {
    for (const [name, message] of [
      [
        "./org/tiny",
        /\.\/org\/tiny is neither a folder nor a name on the hub\. Expected a Hugging Face model folder, or ORG\/NAME/,
      ],
      [main, /is a file, not a folder/],
    ] as const) {
      const { status, err } = await lenity(["inspect", name]);
      assert.equal(status, 1);
      assert.match(err, message);
    }
    assert.deepEqual(fake.seen, []);
  });
});

describe("lenity pull", () => {
  test("prints the folder on standard output, and what is fetched on standard error, in lines where that is no terminal", async () => {
    const { out, err } = await done(["pull", "org/tiny"]);
    assert.equal(out, `${folder()}\n`);
    assert.match(err, /^org\/tiny at main \(0123456\): 5 of 5 files to download, [\d.]+ MB\n {2}config\.json +\d+ B\n/);
    assert.match(err, /onnx\/model\.onnx +[\d.]+ MB\n/);
    assert.match(err, /^100 %, ([\d.]+ MB) of \1$/m);
    assert.match(
      (await done(["pull", "org/tiny"])).err,
      /all 5 files are in the cache\n {2}config\.json +\d+ B {2}in the cache/,
    );
  });

  test("prints one JSON object", async () => {
    const planned = JSON.parse((await done(["pull", "org/tiny", "--json", "--dry-run"])).out);
    await assert.rejects(stat(home));
    const pulled = JSON.parse((await done(["pull", "org/tiny", "--json"])).out);
    assert.deepEqual(pulled, planned);
    assert.deepEqual(
      [pulled.model, pulled.revision, pulled.commit, pulled.folder],
      ["org/tiny", "main", commit, folder()],
    );
    assert.ok(
      pulled.files.some(
        ({ path, bytes, cached }: Record<string, unknown>) =>
          path === "onnx/model.onnx" && bytes === model.length && cached === false,
      ),
    );
  });

  test("with --weights, --dtype and --revision asks for those", async () => {
    await done(["pull", "org/tiny", "--weights"]);
    assert.deepEqual((await readdir(folder())).includes("model.safetensors"), true);
    assert.match((await lenity(["pull", "org/tiny", "--dtype", "q4"])).err, /no q4 variant\. It has fp32/);
    assert.match((await lenity(["pull", "org/tiny", "--revision", "v9"])).err, /no such revision/);
  });

  test("after the process was killed goes on where it stopped", async () => {
    const half = model.length >> 1;
    fake.faults("signed/onnx/model.onnx", stuck(half).fault);
    const { child, ended } = start(["pull", "org/tiny"]);
    const partial = async () => {
      const names = await readdir(join(blob(), "..")).catch(() => []);
      const name = names.find((name) => name.endsWith(".partial") && blob().endsWith(name.split(".")[0] ?? ""));
      return name === undefined ? 0 : (await stat(join(blob(), "..", name)).catch(() => undefined))?.size;
    };
    while ((await partial()) !== half) await sleep(10);
    child.kill("SIGKILL");
    await ended;
    await done(["pull", "org/tiny"]);
    assert.deepEqual(
      fake.requests("signed/onnx/model.onnx").map(({ range }) => range),
      [undefined, `bytes=${half}-`],
    );
    assert.deepEqual(await readFile(join(folder(), "onnx/model.onnx")), model);
    assert.ok((await readdir(join(blob(), ".."))).every((name) => !name.includes("partial")));
  });

  test("in two processes at once succeeds in both", async () => {
    const { fault, go } = stuck(1000);
    fake.faults("signed/onnx/model.onnx", fault);
    const both = [start(["pull", "org/tiny"]), start(["pull", "org/tiny"])];
    while (fake.requests("signed/onnx/model.onnx").length === 0 || fake.requests(`/tree/${commit}`).length < 4)
      await sleep(10); // two pages each
    go();
    for (const { ended } of both) assert.equal((await ended).status, 0, (await ended).err);
    assert.deepEqual(await readFile(join(folder(), "onnx/model.onnx")), model);
    assert.ok((await readdir(join(blob(), ".."))).every((name) => !name.includes("partial")));
  });

  test("sends the stored token, HF_TOKEN before it", async () => {
    await mkdir(home, { recursive: true });
    await writeFile(join(home, "token"), "stored\n");
    await done(["pull", "org/tiny", "--dry-run"]);
    await done(["pull", "org/tiny", "--dry-run"], { HF_TOKEN: "given" });
    assert.deepEqual(
      [...new Set(fake.seen.map(({ authorization }) => authorization))],
      ["Bearer stored", "Bearer given"],
    );
  });

  test("keeps models where HF_HUB_CACHE says", async () => {
    const cache = join(home, "elsewhere");
    const { out } = await done(["pull", "org/tiny"], { HF_HUB_CACHE: cache });
    assert.ok(out.startsWith(join(cache, "models--org--tiny")));
  });

  const refused: readonly (readonly [readonly string[], Readonly<Record<string, string>>, RegExp])[] = [
    [["pull", "../x"], {}, /"\.\.\/x" is not the name of a model on the hub\. Expected ORG\/NAME/],
    [["pull", "org/tiny", "--revision", "../x"], {}, /The revision is "\.\.\/x"/],
    [["pull", "org/none"], {}, /has no model org\/none/],
    [["pull", "org/tiny"], { HF_HUB_OFFLINE: "1" }, /HF_HUB_OFFLINE is set/],
    [["chat", "x", "--model", "org/tiny"], { HF_HUB_OFFLINE: "1" }, /HF_HUB_OFFLINE is set/],
    [["pull", "org/tiny"], { HF_ENDPOINT: "ftp://hub" }, /HF_ENDPOINT is ftp:\/\/hub; expected an address/],
    [["pull", "org/tiny"], { HF_TOKEN: "a b" }, /The token in HF_TOKEN has characters/],
  ];
  for (const [args, environment, message] of refused) {
    test(`refuses ${Object.entries(environment).join()} lenity ${args.join(" ")}`, async () => {
      const { status, err, out } = await lenity(args, environment);
      assert.deepEqual([status, out], [1, ""]);
      assert.match(err, message);
      assert.doesNotMatch(err, /at .*\.ts:\d+/, "a stack trace is no message");
    });
  }

  test("tells how to get a gated model", async () => {
    fake.faults("config.json", refuse(401, "GatedRepo"));
    const { status, err } = await lenity(["pull", "org/tiny"]);
    assert.equal(status, 1);
    assert.match(
      err,
      /lenity: org\/tiny is gated: its authors grant access on http:.*\/org\/tiny\. .*HF_TOKEN, or run hf auth login/,
    );
  });
});

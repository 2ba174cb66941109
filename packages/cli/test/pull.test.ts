import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import {
  cp,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { after, beforeEach, describe, test } from "node:test";
import { scanCacheDir } from "@huggingface/hub";
import { loadModel } from "@lenity/onnx";
import { small, writeForm, writeModel } from "@lenity/onnx/testing";
import { skipFor } from "../../../test/skips.ts";
import { place, shelfOf } from "../src/hub/cache.ts";
import { claim } from "../src/hub/claim.ts";
import { pullModel, type Report } from "../src/hub/pull-model.ts";
import type { Pulled, PullOptions } from "../src/hub/pulled.ts";
import type { Hub } from "../src/hub/settings.ts";
import { cachedModel } from "../src/hub/snapshot.ts";
import { commit, type FakeHub, fakeHub, hashOf, refuse, serve, stuck, trickle } from "./fake-hub.ts";

const root = await mkdtemp(join(tmpdir(), "lenity-pull-"));
after(() => rm(root, { recursive: true }));

const name = "org/model";
const large = Buffer.from(Uint8Array.from({ length: 300_000 }, (_, i) => (i * i) >> 7));
const files: Record<string, Buffer> = {
  ".gitattributes": Buffer.from("x"),
  "README.md": Buffer.from("# A model"),
  "chat_template.jinja": Buffer.from("{{ messages }}"),
  "config.json": Buffer.from('{"model_type":"llama"}'),
  "generation_config.json": Buffer.from("{}"),
  "model.safetensors": Buffer.alloc(1000, 1),
  "onnx/model.onnx": large,
  "onnx/model_q4.onnx": Buffer.alloc(5000, 4),
  "special_tokens_map.json": Buffer.alloc(0),
  "tokenizer.json": Buffer.from('{"model":{}}'),
  "tokenizer_config.json": Buffer.from('{"a":1}'),
};
const model = "onnx/model.onnx";
const atHub = `resolve/${commit}/${model}`;
const atCdn = `signed/${model}`;

let fake: FakeHub;
let hub: Hub;
let folders = 0;
const start = async (served: Record<string, Buffer>) => {
  await fake?.close();
  fake = await fakeHub(name, served);
  const patience = { attempts: 3, pause: 1, silence: 2_000 };
  hub = { endpoint: fake.url, token: undefined, cache: join(root, `cache-${folders++}`), offline: false, patience };
};
beforeEach(() => start(files));
after(() => fake.close());

interface Told extends Report {
  readonly plans: Pulled[];
  readonly steps: number[];
  readonly notes: string[];
  ended: boolean;
}
function listen(onProgress: (done: number) => void = () => {}): Told {
  const [plans, steps, notes]: [Pulled[], number[], string[]] = [[], [], []];
  return {
    plans,
    steps,
    notes,
    ended: false,
    end() {
      this.ended = true;
    },
    plan: (plan) => plans.push(plan),
    progress: (done) => {
      steps.push(done);
      onProgress(done);
    },
    note: (text) => notes.push(text),
  };
}
const pull = (options: PullOptions = {}, report: Report = listen()) => pullModel(hub, name, options, report);
const blobs = () => readdir(shelfOf(hub, name).blobs).then((names) => names.sort());
const refusedAs = (code: string, message: RegExp) => (error: { name?: string; code?: string; message: string }) => {
  assert.deepEqual([error.name, error.code], ["LenityError", code], error.message);
  assert.match(error.message, message);
  return true;
};
/** Bytes that come before the model's, by the order of the list. */
const wanted = Object.keys(files).filter((path) => !/safetensors|README|gitattributes|q4/.test(path));
const before = wanted.filter((path) => path !== model).reduce((sum, path) => sum + (files[path] as Buffer).length, 0);

describe("a pull", () => {
  test("fetches the files that are needed into the shared layout: blobs by hash, relative links, the commit of the revision", async () => {
    const pulled = await pull();
    const shelf = join(hub.cache, "models--org--model");
    assert.equal(pulled.folder, join(shelf, "snapshots", commit));
    assert.deepEqual(pulled.files.map(({ path }) => path).sort(), wanted);
    assert.deepEqual((await readdir(pulled.folder, { recursive: true })).sort(), [...wanted, "onnx"].sort());
    assert.deepEqual(await blobs(), [...new Set(wanted.map((path) => hashOf(path, files[path] as Buffer)))].sort());
    for (const path of wanted) {
      assert.deepEqual(await readFile(join(pulled.folder, path)), files[path]);
      const up = path.includes("/") ? "../../.." : "../..";
      assert.equal(await readlink(join(pulled.folder, path)), `${up}/blobs/${hashOf(path, files[path] as Buffer)}`);
    }
    assert.equal(await readFile(join(shelf, "refs", "main"), "utf8"), commit);
    const { repos, warnings } = await scanCacheDir(hub.cache);
    assert.deepEqual(warnings, []);
    assert.deepEqual(
      repos.map(({ id, revisions }) => [id, revisions.map(({ commitOid, refs }) => [commitOid, refs])]),
      [[{ name, type: "model" }, [[commit, ["main"]]]]],
    );
  });

  test("of a model that is there asks for the commit and the list, and fetches no file", async () => {
    await pull();
    const count = fake.seen.length;
    const report = listen();
    await pull({}, report);
    assert.ok(fake.seen.slice(count).every(({ path }) => path.startsWith("/api/models/org/model/")));
    assert.ok(report.plans[0]?.files.every(({ cached }) => cached));
    assert.deepEqual(report.steps, []);
  });

  test("tells sizes beforehand, and progress up to their sum", async () => {
    const report = listen();
    await pull({}, report);
    assert.deepEqual(
      report.plans[0]?.files.map(({ path, bytes, cached }) => [path, bytes, cached]).sort(),
      wanted.map((path) => [path, files[path]?.length, false]),
    );
    assert.equal(report.steps.at(-1), before + large.length);
    assert.deepEqual(
      report.steps,
      report.steps.toSorted((a, b) => a - b),
    );
  });

  test("with --dry-run tells the same and writes nothing", async () => {
    const report = listen();
    assert.deepEqual(await pull({ dryRun: true }, report), report.plans[0]);
    assert.ok(fake.seen.every(({ path }) => !path.includes("/resolve/")));
    await assert.rejects(stat(hub.cache));
  });

  test("of a commit records no revision, and of a branch with a slash a nested one", async () => {
    await pull({ revision: commit });
    await assert.rejects(stat(join(hub.cache, "models--org--model", "refs")));
    fake.faults("/refs%2Fpr%2F1", (_, response) => response.end(JSON.stringify({ id: name, sha: commit })));
    await pull({ revision: "refs/pr/1" });
    assert.equal(await readFile(join(hub.cache, "models--org--model", "refs", "refs", "pr", "1"), "utf8"), commit);
  });

  test("replaces a blob of the wrong size", async () => {
    await pull();
    await writeFile(join(shelfOf(hub, name).blobs, hashOf(model, large)), "cut");
    const { folder } = await pull();
    assert.deepEqual(await readFile(join(folder, model)), large);
  });

  test("makes copies where the file system has no links", async () => {
    const { folder } = await pull();
    const file = { path: model, bytes: large.length, hash: hashOf(model, large) };
    const fail = () => Promise.reject(Object.assign(new Error("not permitted"), { code: "EPERM" }));
    await place(shelfOf(hub, name), commit, file, fail);
    await assert.rejects(readlink(join(folder, model)), { code: "EINVAL" });
    assert.deepEqual(await readFile(join(folder, model)), large);
    const count = fake.seen.length;
    await rm(join(shelfOf(hub, name).blobs, file.hash));
    assert.ok(
      (await pull()).files.every(({ cached }) => cached),
      "a file in the snapshot needs no blob",
    );
    assert.ok(fake.seen.slice(count).every(({ path }) => !path.includes("/resolve/")));
  });
});

describe("the token", () => {
  const bearer = "Bearer secret";
  test("goes to the hub and to no other origin", async () => {
    hub = { ...hub, token: "secret" };
    await pull();
    const byServer = (server: string) =>
      new Set(fake.seen.filter((seen) => seen.server === server).map(({ authorization }) => authorization));
    assert.deepEqual(byServer("hub"), new Set([bearer]));
    assert.deepEqual(byServer("cdn"), new Set([undefined]));
  });

  test("follows redirects within the hub, as those of a renamed model are", async () => {
    hub = { ...hub, token: "secret" };
    const elsewhere = `/other/name/resolve/${commit}/config.json`;
    fake.faults(`/org/model/resolve/${commit}/config.json`, (_, response) =>
      response.writeHead(307, { location: elsewhere }).end(),
    );
    fake.faults(elsewhere, (request, response) => serve(request, response, files["config.json"] as Buffer));
    await pull();
    assert.deepEqual(
      fake.requests(elsewhere).map(({ authorization }) => authorization),
      [bearer],
    );
  });

  for (const location of ["file:///etc/hostname", "data:text/plain,x", "http://"]) {
    test(`no redirect leads to ${location}`, async () => {
      fake.faults("config.json", (_, response) => response.writeHead(302, { location }).end());
      await assert.rejects(pull(), refusedAs("download", /not a web address/));
    });
  }

  test("a circle of redirects ends", async () => {
    const round = (
      request: { url?: string },
      response: { writeHead(status: number, headers: object): { end(): void } },
    ) => response.writeHead(302, { location: request.url }).end();
    fake.faults("config.json", ...Array(10).fill(round));
    await assert.rejects(pull(), refusedAs("download", /redirects more than 5 times/));
  });
});

describe("a broken connection", () => {
  const ranges = () => fake.requests(atCdn).map(({ range }) => range);

  test("is taken up at the byte where it broke", async () => {
    const { fault, go } = stuck(100_000);
    fake.faults(atCdn, fault);
    const report = listen((done) => done === before + 100_000 && go());
    const { folder } = await pull({}, report);
    assert.deepEqual(ranges(), [undefined, "bytes=100000-"]);
    assert.deepEqual(await readFile(join(folder, model)), large);
    assert.match(report.notes.join(), /onnx\/model\.onnx: .*Trying again from 100\.0 kB/);
  });

  test("that gets further each time is never given up", async () => {
    const breaks = [1, 2, 3, 4, 5, 6].map((n) => 40_000 * n);
    let at = 0;
    for (const end of breaks) {
      fake.faults(atCdn, (_, response, body) => {
        const headers = {
          "content-length": body.length - at,
          "content-range": `bytes ${at}-${body.length - 1}/${body.length}`,
        };
        response.writeHead(at === 0 ? 200 : 206, headers).write(body.subarray(at, end));
        held = response;
        at = end;
      });
    }
    let held: { destroy(): void } | undefined;
    await pull(
      {},
      listen((done) => breaks.includes(done - before) && held?.destroy()),
    );
    assert.deepEqual(ranges(), [undefined, ...breaks.map((end) => `bytes=${end}-`)]);
  });

  test("that never gets further is given up, and what came is kept for the next pull", async () => {
    const { fault, go } = stuck(100_000);
    fake.faults(atCdn, fault, ...Array(2).fill(refuse(503)));
    const report = listen((done) => done === before + 100_000 && go());
    await assert.rejects(
      pull({}, report),
      refusedAs(
        "download",
        /onnx\/model\.onnx of org\/model could not be downloaded: 127\.0\.0\.1:\d+ answered 503 \(\d attempts in a row\)/,
      ),
    );
    assert.ok(report.ended);
    assert.ok((await blobs()).includes(`${hashOf(model, large)}.partial`));
    const { folder } = await pull();
    assert.deepEqual(ranges().at(-1), "bytes=100000-");
    assert.deepEqual(await readFile(join(folder, model)), large);
    assert.ok((await blobs()).every((name) => !name.includes("partial")));
  });

  test("that falls silent counts as broken", async () => {
    hub = { ...hub, patience: { ...hub.patience, silence: 100 } };
    fake.faults(atCdn, stuck(100_000).fault);
    const report = listen();
    await pull({}, report);
    assert.deepEqual(ranges(), [undefined, "bytes=100000-"]);
    assert.match(report.notes.join(), /the connection timed out/);
  });

  test("that is slow is not broken, however long it takes, while bytes keep coming", async () => {
    hub = { ...hub, patience: { ...hub.patience, silence: 500 } };
    fake.faults(atCdn, trickle(12, 80));
    const report = listen();
    const began = performance.now();
    const { folder } = await pull({}, report);
    assert.ok(performance.now() - began > 900, "it takes longer than a silence may last");
    assert.deepEqual([ranges(), report.notes], [[undefined], []]);
    assert.deepEqual(await readFile(join(folder, model)), large);
  });

  test("an answer that ends early without a break is taken up as well", async () => {
    fake.faults(atCdn, (_, response, body) => response.end(body.subarray(0, 123_456)));
    await pull();
    assert.deepEqual(ranges(), [undefined, "bytes=123456-"]);
  });

  const wayward: Record<string, Parameters<FakeHub["faults"]>[1]> = {
    "sends everything again": (_, response, body) => response.end(body),
    "answers 416": refuse(416),
    "sends another range": (_, response, body) =>
      response.writeHead(206, { "content-range": `bytes 0-${body.length - 1}/${body.length}` }).end(body),
  };
  for (const [what, fault] of Object.entries(wayward)) {
    test(`a server that ${what} when asked to go on is heard from the start`, async () => {
      fake.faults(atCdn, (_, response, body) => response.end(body.subarray(0, 1000)), fault);
      const { folder } = await pull();
      assert.deepEqual(ranges().slice(0, 2), [undefined, "bytes=1000-"]);
      assert.deepEqual(await readFile(join(folder, model)), large);
    });
  }

  test("faults of the hub itself are borne, for lists and for files", async () => {
    fake.faults("/revision/main", refuse(500), refuse(429, undefined, { "retry-after": "0" }));
    fake.faults(`/tree/${commit}`, refuse(502), (_, response) => response.destroy());
    fake.faults("tokenizer.json", refuse(500), (_, response) => response.destroy());
    const report = listen();
    await pull({}, report);
    assert.match(
      report.notes[0] ?? "",
      /^The list of files of org\/model: 127\.0\.0\.1:\d+ answered 500\. Trying again\.$/,
    );
    assert.equal(fake.requests("/revision/main").length, 3);
    assert.equal(fake.requests("/tokenizer.json").length, 3);
  });

  for (const [form, moment] of [
    ["seconds", () => "1"],
    ["a date", () => new Date(Date.now() + 2000).toUTCString()],
  ] as const) {
    test(`a server that throttles is left alone for as long as it says in ${form}`, async () => {
      fake.faults("/tokenizer.json", (request, response, body) =>
        refuse(429, undefined, { "retry-after": moment() })(request, response, body),
      );
      const began = performance.now();
      await pull();
      // A date has no milliseconds: two seconds from now may be one.
      assert.ok(performance.now() - began >= 1000, `It asked again after ${performance.now() - began} ms.`);
      assert.equal(fake.requests("/tokenizer.json").length, 2);
    });
  }

  test("faults that stay are told with their number", async () => {
    fake.faults("/revision/main", ...Array(3).fill(refuse(500)));
    await assert.rejects(
      pull(),
      refusedAs("download", /list of files of org\/model could not be downloaded: .* answered 500 \(3 attempts/),
    );
    await fake.close();
    await assert.rejects(pull(), refusedAs("download", /could not be downloaded: .*\(3 attempts/));
  });

  test("an address that has expired is asked for anew", async () => {
    fake.faults(atCdn, refuse(403));
    await pull();
    assert.equal(fake.requests(atHub).length, 2);
  });
});

describe("wrong bytes", () => {
  for (const path of [model, "tokenizer.json"]) {
    test(`of ${path} are deleted and told, and the next pull begins anew`, async () => {
      const body = Buffer.from(files[path] as Buffer);
      body[3] = (body[3] ?? 0) ^ 1;
      fake.faults(path === model ? atCdn : path, (request, response) => serve(request, response, body));
      await assert.rejects(
        pull(),
        refusedAs(
          "download",
          /downloaded with wrong content: its hash is [0-9a-f]+, but the hub announced .* deleted; pull again/,
        ),
      );
      const hash = hashOf(path, files[path] as Buffer);
      assert.ok((await blobs()).every((name) => !name.startsWith(hash)));
      await assert.rejects(stat(join(hub.cache, "models--org--model", "refs")), "an incomplete model has no revision");
      const { folder } = await pull();
      assert.deepEqual(await readFile(join(folder, path)), files[path]);
    });
  }

  test("more bytes than announced are not written", async () => {
    fake.faults(atCdn, (_, response, body) => response.end(Buffer.concat([body, body])));
    await assert.rejects(pull(), refusedAs("download", /more than the 300000 bytes that the hub announced/));
  });

  test("what an earlier process left is hashed with the rest, and goes when it was wrong", async () => {
    const blob = join(shelfOf(hub, name).blobs, hashOf(model, large));
    await mkdir(shelfOf(hub, name).blobs, { recursive: true });
    await writeFile(`${blob}.partial`, Buffer.alloc(1000, 255));
    await assert.rejects(pull(), refusedAs("download", /wrong content/));
    await writeFile(`${blob}.partial`, Buffer.alloc(400_000)); // longer than the file
    await pull();
    await pull();
    assert.deepEqual(
      fake.requests(atCdn).map(({ range }) => range),
      ["bytes=1000-", undefined],
    );
  });
});

describe("what the hub refuses", () => {
  const withToken = () => (hub = { ...hub, token: "secret" });
  test("a gated model, without a token and with one that has no access", async () => {
    fake.faults(atHub, refuse(401, "GatedRepo"), refuse(403, "GatedRepo"));
    await assert.rejects(
      pull(),
      refusedAs("download", /org\/model is gated: .*\/org\/model\. Set HF_TOKEN, or run hf auth login/),
    );
    withToken();
    await assert.rejects(pull(), refusedAs("download", /is gated: .* The token's account has no access/));
  });
  test("a token that it does not know", async () => {
    withToken();
    fake.faults("/revision/main", refuse(401));
    await assert.rejects(pull(), refusedAs("download", /does not accept the token/));
  });
  test("a model that is not there, or hidden", async () => {
    const missing = () => pullModel(hub, "org/missing", {}, listen());
    await assert.rejects(
      missing(),
      refusedAs("download", /has no model org\/missing, or it is private \(then set HF_TOKEN/),
    );
    withToken();
    await assert.rejects(
      missing(),
      refusedAs("download", /has no model org\/missing, or the token has no access to it/),
    );
  });
  test("a revision that is not there", async () => {
    await assert.rejects(pull({ revision: "v9" }), refusedAs("download", /no such revision \(the revision v9\)/));
  });
  test("a file that has gone, and any other status", async () => {
    fake.faults(
      "config.json",
      refuse(404, "EntryNotFound"),
      refuse(451, undefined, { "x-error-message": "Not here." }),
    );
    await assert.rejects(pull(), refusedAs("download", /no longer has config\.json/));
    await assert.rejects(
      pull(),
      refusedAs("download", /refused config\.json of org\/model with status 451: Not here\./),
    );
  });
  test("answers of something else than a hub", async () => {
    fake.faults("/revision/main", (_, response) => response.end("<html>"));
    await assert.rejects(pull(), refusedAs("download", /does not answer like the Hugging Face hub.*Check HF_ENDPOINT/));
    fake.faults("/revision/main", (_, response) => response.end('{"sha":"../../x"}'));
    await assert.rejects(pull(), refusedAs("download", /the commit is \.\.\/\.\.\/x/));
    for (const lie of [{ oid: "../../../x" }, { oid: undefined }, { size: -1 }, { size: "1" }]) {
      fake.lies.set("config.json", lie);
      await assert.rejects(pull(), refusedAs("download", /config\.json has the hash/));
    }
  });
  test("names and revisions that are none, before any request", async () => {
    for (const bad of [
      "../x",
      "x",
      "",
      "a/b/c",
      "/a/b",
      "a/..",
      "a/.b",
      "a//b",
      "a/b--c",
      "-a/b",
      "a/b c",
      "a\\b/c",
      `a/${"b".repeat(95)}`,
      "a/b.git",
    ])
      await assert.rejects(
        pullModel(hub, bad, {}, listen()),
        refusedAs("invalid_request", /not the name of a model.*ORG\/NAME/),
        bad,
      );
    for (const revision of ["", "..", "../x", "a/../b", "a//b", "/a", "a\\b", "a b", "-x", "a/"])
      await assert.rejects(pull({ revision }), refusedAs("invalid_request", /The revision is/), revision);
    assert.deepEqual(fake.seen, []);
  });
});

describe("which files", () => {
  const pathsOf = async (options: PullOptions) =>
    (await pull({ ...options, dryRun: true })).files.map(({ path }) => path);
  const config = { "config.json": Buffer.from("{}") };
  const empty = (...paths: string[]) => Object.fromEntries(paths.map((path) => [path, Buffer.from(path)]));

  test("a variant by its dtype, with its weights beside it", async () => {
    await start({
      ...config,
      ...empty(
        "onnx/model.onnx",
        "onnx/model.onnx_data",
        "onnx/model_q4.onnx",
        "onnx/model_q4.onnx_data",
        "onnx/model_q4.onnx_data_1",
      ),
      ...empty("onnx/model_q4.onnx.data", "onnx/model_q4.onnx_database", "onnx/model_q4f16.onnx_data"),
    });
    assert.deepEqual(await pathsOf({}), ["config.json", "onnx/model.onnx_data", "onnx/model.onnx"]);
    assert.deepEqual(await pathsOf({ dtype: "q4" }), [
      "config.json",
      ...["onnx/model_q4.onnx_data", "onnx/model_q4.onnx_data_1", "onnx/model_q4.onnx.data", "onnx/model_q4.onnx"],
    ]);
    await assert.rejects(
      pull({ dtype: "fp16" }),
      refusedAs("model_files", /no fp16 variant\. It has fp32 \(onnx\/model\.onnx\), q4 .*--dtype/),
    );
  });
  test("the only variant there is, and none of several", async () => {
    await start({ ...config, ...empty("model_q4.onnx") });
    assert.deepEqual(await pathsOf({}), ["config.json", "model_q4.onnx"]);
    await start({ ...config, ...empty("model_q4.onnx", "onnx/model_int8.onnx") });
    await assert.rejects(
      pull(),
      refusedAs("model_files", /no fp32 variant\. It has int8 \(onnx\/model_int8\.onnx\), q4 \(model_q4\.onnx\)/),
    );
  });
  test("a model as onnxruntime-genai's builder writes it, without config.json", async () => {
    await start({
      "genai_config.json": Buffer.from("{}"),
      ...empty("tokenizer.json", "model.onnx", "model.onnx.data"),
    });
    assert.deepEqual(await pathsOf({}), ["genai_config.json", "tokenizer.json", "model.onnx.data", "model.onnx"]);
  });
  test("safetensors in one file or in all their parts", async () => {
    assert.ok((await pathsOf({ weights: true })).includes("model.safetensors"));
    assert.ok(!(await pathsOf({ weights: true })).includes(model));
    const parts = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"];
    const index = "model.safetensors.index.json";
    await start({ ...config, ...empty(...parts, index, "other.safetensors") });
    assert.deepEqual(await pathsOf({ weights: true }), ["config.json", index, ...parts]);
    await start({ ...config, ...empty(parts[0] as string, index) });
    await assert.rejects(
      pull({ weights: true }),
      refusedAs("model_files", /neither model\.safetensors nor all of its parts/),
    );
  });
  test("none where the repository holds no model that lenity runs", async () => {
    await start(empty("model.gguf"));
    await assert.rejects(pull(), refusedAs("model_files", /neither config\.json nor genai_config\.json/));
    await start({ ...config, ...empty("model.safetensors") });
    await assert.rejects(
      pull(),
      refusedAs("model_files", /has no ONNX model\. It has safetensors: pull them with --weights/),
    );
    await start({ ...config, ...empty("onnx/decoder_model_merged.onnx", "onnx/other.onnx") });
    await assert.rejects(
      pull(),
      refusedAs(
        "model_files",
        /only ONNX files with unusual names: onnx\/decoder_model_merged\.onnx, onnx\/other\.onnx\. Choose one with --file/,
      ),
    );
    await assert.rejects(
      pull({ file: "onnx/none.onnx" }),
      refusedAs("model_files", /has no file onnx\/none\.onnx\. Its ONNX files: onnx\/dec/),
    );
  });
  test("the only model under a name of its own, or the one that is named, with its weights beside it", async () => {
    const phi = "onnx/phi3-cpu-int4.onnx";
    await start({ ...config, ...empty(phi, `${phi}.data`, "onnx/phi3-cpu-int4.drafter.onnx") });
    assert.deepEqual(await pathsOf({}), ["config.json", `${phi}.data`, "onnx/phi3-cpu-int4.drafter.onnx", phi]);
    await assert.rejects(pull({ dtype: "q4" }), refusedAs("model_files", /only ONNX files with unusual names/));
    await start({ ...config, ...empty(phi, "cpu/other.onnx", "cpu/other.onnx.data") });
    assert.deepEqual(await pathsOf({ file: "cpu/other.onnx" }), [
      "config.json",
      "cpu/other.onnx.data",
      "cpu/other.onnx",
    ]);
  });
  test("a draft's only variant where it lacks the target's", async () => {
    await start({ ...config, ...empty("onnx/model_fp16.onnx") });
    assert.deepEqual(await pathsOf({ dtype: "q4", orOnly: true }), ["config.json", "onnx/model_fp16.onnx"]);
    await start({ ...config, ...empty("onnx/model_fp16.onnx", "onnx/model_q8.onnx", "onnx/model_quantized.onnx") });
    await assert.rejects(pull({ dtype: "q4", orOnly: true }), refusedAs("model_files", /no q4 variant/));
  });
  test("paths that lead out of the repository do not count", async () => {
    await start({ ...empty("../config.json", "onnx/../config.json", "a\\config.json"), ...empty("onnx/model.onnx") });
    await assert.rejects(pull(), refusedAs("model_files", /neither config\.json nor genai_config\.json/));
  });
});

describe("an ONNX file with its weights in files of other names", () => {
  let served: Record<string, Buffer>;
  const served1 = "onnx/first weights";
  beforeEach(async () => {
    const dir = await writeModel(root, `sharded-${folders++}`);
    const shards = ["first weights", "second.bin"];
    await writeForm(dir, "onnx/model.onnx", small, { newRows: true, shards });
    served = {};
    for (const file of ["config.json", "onnx/model.onnx", ...shards.map((name) => `onnx/${name}`)])
      served[file] = await readFile(join(dir, file));
  });
  test("is pulled with them, and loads from the cache through its links", async () => {
    await start(served);
    const { folder, files } = await pull();
    assert.deepEqual(
      files.map(({ path }) => path),
      ["config.json", "onnx/model.onnx", served1, "onnx/second.bin"],
    );
    const loaded = await loadModel(folder, { threads: 1 });
    assert.deepEqual([loaded.check.blockDifference, loaded.check.leak], [0, 0]);
    await loaded.close();
  });
  test("is refused when one is not in the repository", async () => {
    const { [served1]: _, ...rest } = served;
    await start(rest);
    await assert.rejects(
      pull(),
      refusedAs("model_files", /keeps weights in onnx\/first weights, which is not in the repository/),
    );
  });
});

describe("the disk", () => {
  test("without room for the files is told before any is fetched", async () => {
    fake.lies.set(model, { lfs: { oid: "a".repeat(64), size: 9e15, pointerSize: 1 } });
    await assert.rejects(
      pull(),
      refusedAs("download", /has [\d.]+ GB free, but 9000000\.0 GB are needed\. .*HF_HUB_CACHE/),
    );
    assert.ok(fake.seen.every(({ path }) => !path.includes("/resolve/")));
  });
  const full = skipFor("a full disk", !existsSync("/dev/full") && "there is no /dev/full");
  test("that fills up in the middle is told", { skip: full }, async () => {
    const { blobs } = shelfOf(hub, name);
    await mkdir(blobs, { recursive: true });
    await symlink("/dev/full", join(blobs, `${hashOf(model, large)}.partial`));
    await assert.rejects(pull(), refusedAs("download", /The disk with .* is full\. Downloaded data is kept/));
  });
  test("where nothing can be written is told", async () => {
    await writeFile(join(root, "file"), "");
    hub = { ...hub, cache: join(root, "file") };
    await assert.rejects(
      pull(),
      refusedAs("download", /Cannot write to the cache .*file: ENOTDIR.*HF_HOME or HF_HUB_CACHE/),
    );
  });
});

describe("several pulls of the same model at once", () => {
  test("fetch its large file once: the later one waits", async () => {
    let release = () => {};
    const arrived = new Promise<void>((resolve) => {
      fake.faults(atCdn, (request, response, body) => {
        release = () => serve(request, response, body);
        resolve();
      });
    });
    const first = pull();
    await arrived;
    const report = listen();
    const note = (text: string) => {
      report.note(text);
      release();
    };
    const second = pull({}, { ...report, note });
    assert.equal((await first).folder, (await second).folder);
    assert.match(report.notes.join(), /Another process is downloading onnx\/model\.onnx/);
    assert.equal(fake.requests(atCdn).length, 1);
    assert.ok((await blobs()).every((name) => !name.includes("partial")));
  });
  test("all succeed, however they meet", async () => {
    const all = await Promise.all(Array.from({ length: 5 }, () => pull()));
    for (const { folder } of all) assert.deepEqual(await readFile(join(folder, model)), large);
    assert.ok((await blobs()).every((name) => !name.includes("partial")));
  });

  describe("a claim", () => {
    let blob: string;
    const never = async () => false;
    const old = new Date(Date.now() - 3_600_000);
    const ownHost = hostname().replace(/[^\w-]/g, "_");
    beforeEach(async () => {
      blob = join(root, `claims-${folders++}`, "blob");
      await mkdir(join(blob, ".."));
    });
    /**
     * What of a partial file under that owner a new claim finds, and whether it had to wait until the file was gone.
     */
    async function meet(owner: string, age?: Date): Promise<{ waited: boolean; found: string | undefined }> {
      const path = `${blob}.${owner}partial`;
      await writeFile(path, "half");
      if (age !== undefined) await utimes(path, age, age);
      let waited = false;
      const waiting = () => {
        waited = true;
        void rm(path);
      };
      const claimed = await claim(blob, never, waiting);
      const found = claimed && (await readFile(claimed.path, "utf8"));
      await claimed?.discard();
      return { waited, found };
    }
    test("takes over what has no owner, a dead one, or one that gave no sign of life for long", async () => {
      for (const [owner, age] of [
        ["", undefined],
        [`${ownHost}.999999999.0.`, undefined],
        ["elsewhere.1.0.", old],
        [`${ownHost}.${process.pid}.77.`, old],
      ] as const)
        assert.deepEqual(await meet(owner, age), { waited: false, found: "half" }, owner);
    });
    test("waits for a living process, here or on another machine", async () => {
      for (const owner of [`${ownHost}.${process.pid}.77.`, "elsewhere.1.0."])
        assert.deepEqual(await meet(owner), { waited: true, found: "" }, owner);
    });
    test("is not needed once the blob is there", async () => {
      assert.equal(await claim(blob, async () => true, assert.fail), undefined);
    });
  });
});

describe("without the network", () => {
  test("the cache is enough, for a pull and for a name", async () => {
    const { folder } = await pull();
    const count = fake.seen.length;
    hub = { ...hub, offline: true };
    const report = listen();
    const again = await pull({}, report);
    assert.equal(again.folder, folder);
    assert.deepEqual(again.files.map(({ path }) => path).sort(), wanted);
    assert.deepEqual(report.plans, [again]);
    assert.equal((await cachedModel(hub, name, { revision: commit }))?.folder, folder);
    assert.equal(fake.seen.length, count);
  });
  test("what the cache lacks is told", async () => {
    await pull();
    hub = { ...hub, offline: true };
    await assert.rejects(
      pull({ dtype: "q8" }),
      refusedAs("model_files", /HF_HUB_OFFLINE is set, and .* has no org\/model with an ONNX file of dtype q8/),
    );
    await assert.rejects(pull({ weights: true }), refusedAs("model_files", /with safetensors at main/));
    await assert.rejects(pull({ revision: "v2" }), refusedAs("model_files", /at v2/));
  });
  test("a snapshot that lacks a needed file, or whose blob is gone, does not count", async () => {
    await pull();
    for (const path of ["config.json", "tokenizer.json", model]) {
      const copy = { ...hub, cache: join(root, `cache-${folders++}`) };
      await cp(hub.cache, copy.cache, { recursive: true, verbatimSymlinks: true });
      assert.ok(await cachedModel(copy, name, {}));
      await rm(join(copy.cache, "models--org--model", "blobs", hashOf(path, files[path] as Buffer)));
      assert.equal(await cachedModel(copy, name, {}), undefined, path);
    }
  });
});

import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { denoExecutable, nodeExecutable } from "../test/runtimes.ts";
import { skipFor } from "../test/skips.ts";

const folder = import.meta.dirname;
const bun = process.execPath;

function run(command: readonly string[]): Promise<string> {
  const [program, ...args] = command as [string, ...string[]];
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: folder });
    let out = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => (out += data));
    child.on("close", (status) =>
      status === 0 ? resolve(out) : reject(new Error(`${command.join(" ")} ended with ${status}:\n${out}`)),
    );
  });
}

test("first.ts answers and prints the acceptance", async () => {
  assert.match(
    await run([bun, "first.ts"]),
    /#### 19\n\d+ tokens in \d+ target passes; \d+ of \d+ drafted tokens accepted, \d+ by relaxation/,
  );
});

test("custom-verifier.ts runs a custom rule under three settings named from JSON", async () => {
  const out = await run([bun, "custom-verifier.ts"]);
  assert.deepEqual(
    [...out.matchAll(/"share": ([\d.]+)\}: \d+\.\d tokens per target pass/g)].map(([, share]) => share),
    ["1", "0.5", "0.2"],
  );
});

test("compare.ts answers one prompt under every policy", async () => {
  const out = await run([bun, "compare.ts"]);
  assert.deepEqual([...out.matchAll(/^(.*) \((exact|mixture|none)\): /gm)].map(([, policy]) => policy).slice(0, 3), [
    '"strict"',
    '"judi"',
    '"judge"',
  ]);
  const results = [...out.matchAll(/#### (\d+)$/gm)].map(([, result]) => result);
  assert.equal(results.length, 5);
  // The last gate is loose enough to accept an error of the draft, which is what the example shows.
  assert.deepEqual(results.slice(0, 3), ["35", "35", "35"]);
});

const headers = { "content-type": "application/json" };
const question = "Anna has 3 boxes with 4 apples in each. Then she gives 5 apples to Ben. How many apples are left?";

/** Runs a server command in the repository's root on a free port, passes on its address, and stops it. */
async function served(command: readonly string[], use: (url: string) => Promise<void>): Promise<void> {
  const [program, ...args] = command as [string, ...string[]];
  const child: ChildProcess = spawn(program, args, {
    cwd: join(folder, ".."),
    env: { ...process.env, NO_COLOR: "1", PORT: "0" },
  });
  let out = "";
  try {
    const url = await new Promise<string>((resolve, reject) => {
      const read = (data: Buffer) => {
        out += data;
        const found = /(http:\/\/[\d.:]+)\//.exec(out)?.[1];
        if (found !== undefined) resolve(`${found}/v1`);
      };
      child.stdout?.on("data", read);
      child.stderr?.on("data", read);
      child.on("close", () => reject(new Error(`${command.join(" ")} ended:\n${out}`)));
      child.on("error", reject);
    });
    await use(url);
  } finally {
    const ended = new Promise((resolve) => child.once("close", resolve));
    if (child.kill()) await ended;
  }
}

const node = nodeExecutable(24);
const runtimes: Record<string, string | undefined> = {
  bun,
  deno: denoExecutable(),
  node: "path" in node ? node.path : undefined,
};
/** The commands in a file's header, by runtime. */
const commandsOf = (path: string): readonly (readonly [string, ...string[]])[] =>
  Array.from(readFileSync(join(folder, path), "utf8").matchAll(/^ \* {5}((?:bun|deno|node) .*)$/gm), ([, command]) => {
    return (command as string).split(" ") as [string, ...string[]];
  });

test("chat.ts names a command for every runtime", () => {
  assert.deepEqual(
    commandsOf("chat.ts").map(([runtime]) => runtime),
    Object.keys(runtimes),
  );
});

for (const [runtime, ...args] of commandsOf("chat.ts")) {
  const program = runtimes[runtime];
  test(`chat.ts serves by ${[runtime, ...args].join(" ")}: three policies, a stream, and the official client`, {
    skip: skipFor(`chat.ts on ${runtime}`, program === undefined && "reason" in node && node.reason),
    timeout: 120_000,
  }, async () => {
    await served([program as string, ...args], async (url) => {
      for (const policy of ["strict", "judi", "judge"]) {
        const body = JSON.stringify({ messages: [{ role: "user", content: question }], speculative: { policy } });
        const answer = await (await fetch(`${url}/chat/completions`, { method: "POST", body, headers })).json();
        const { choices, metrics } = answer as {
          choices: { message: { content: string } }[];
          metrics: { acceptance: { accepted_by: object } };
        };
        assert.match(choices[0]?.message.content ?? "", /#### 7$/);
        assert.ok(Object.keys(metrics.acceptance.accepted_by).includes("sd"));
      }
      assert.match(
        await run([bun, "client.ts", url]),
        /#### 17\n\d+\.\d tokens per target pass, \d+ accepted by relaxation/,
      );
    });
  });
}

test("remote.ts answers with the target in another process, in a few calls", async () => {
  await served([bun, "packages/cli/src/main.ts", "serve", "--port", "0"], async (url) => {
    const out = await run([bun, "remote.ts", url.replace(/\/v1$/, "")]);
    const answers = [...out.matchAll(/#### 19\n(\d+) tokens in (\d+) calls, \d+ relaxed, \d+ left open/g)];
    assert.equal(answers.length, 2, out);
    for (const [, tokens, calls] of answers) assert.ok(Number(tokens) / Number(calls) > 3, out);
  });
});

test("the edge worker serves on Deno by the command of its README", async () => {
  const [command] =
    /^deno serve .*$/m.exec(readFileSync(join(folder, "edge/README.md"), "utf8")) ??
    assert.fail("The command is gone.");
  const [, ...args] = command.replace("8787", "0").split(" ");
  await served([denoExecutable(), ...args], async (url) => {
    const body = JSON.stringify({
      messages: [{ role: "user", content: "Hello" }],
      temperature: 0,
      speculative: { policy: "judi" },
    });
    const answer = await (await fetch(`${url}/chat/completions`, { method: "POST", body, headers })).json();
    const { choices } = answer as { choices: { message: { content: string } }[] };
    assert.equal(choices[0]?.message.content, "Drafted at the edge, verified by the target.");
  });
});

test("the page is built and served, isolated or plainly, by the commands of its README", async () => {
  const [build = [], serve = []] = Array.from(
    readFileSync(join(folder, "browser/README.md"), "utf8").matchAll(/^bun (\S+)$/gm),
    ([, script]) => [bun, join(folder, "..", script as string)],
  );
  await run(build);
  for (const options of [[], ["--plain"]]) {
    await served([...serve, "--port", "0", ...options], async (url) => {
      const { status, headers } = await fetch(new URL("/", url));
      assert.deepEqual(
        [status, headers.get("cross-origin-embedder-policy")],
        [200, options.length === 0 ? "require-corp" : null],
      );
      const runtime = await fetch(new URL("/ort/ort-wasm-simd-threaded.wasm", url));
      assert.equal(runtime.headers.get("content-type"), "application/wasm");
      await runtime.body?.cancel();
      assert.equal((await fetch(new URL("/../build.ts", url))).status, 404);
    });
  }
});

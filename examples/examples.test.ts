import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { test } from "node:test";

const folder = import.meta.dirname;
const bun = process.execPath;

function run(command: readonly string[]): Promise<string> {
  const [program, ...args] = command as [string, ...string[]];
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: folder });
    let out = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => (out += data));
    child.on("close", (status) => (status === 0 ? resolve(out) : reject(new Error(`${command.join(" ")} ended with ${status}:\n${out}`))));
  });
}

test("first.ts answers and prints the acceptance", async () => {
  assert.match(
    await run([bun, "first.ts"]),
    /#### 19\n\d+ tokens in \d+ target passes; \d+ of \d+ drafted tokens accepted, \d+ by relaxation/,
  );
});

test("custom-verifier.ts runs a rule of its own under three settings named from JSON", async () => {
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
  assert.equal([...out.matchAll(/#### 41$/gm)].length, 5);
});

const question = "Anna has 3 boxes with 4 apples in each. Then she gives 5 apples to Ben. How many apples are left?";

/** Starts examples/chat.ts on a free port, hands its address over, and ends it. */
async function served(command: readonly string[], use: (url: string) => Promise<void>): Promise<void> {
  const [program, ...args] = command as [string, ...string[]];
  const child: ChildProcess = spawn(program, [...args, "chat.ts"], { cwd: folder, env: { ...process.env, PORT: "0" } });
  let out = "";
  try {
    const url = await new Promise<string>((resolve, reject) => {
      const read = (data: Buffer) => {
        out += data;
        const found = /(http:\S+\/v1)/.exec(out)?.[1];
        if (found !== undefined) resolve(found);
      };
      child.stdout?.on("data", read);
      child.stderr?.on("data", read);
      child.on("close", () => reject(new Error(`${command.join(" ")} chat.ts ended:\n${out}`)));
      child.on("error", reject);
    });
    await use(url);
  } finally {
    const ended = new Promise((resolve) => child.once("close", resolve));
    if (child.kill()) await ended;
  }
}

const servers: Record<string, readonly string[] | undefined> = {
  Bun: [bun],
  Deno: [denoExecutable(), "run", "-A", "--no-check"],
  Node: process.env["LENITY_NODE"] === undefined ? undefined : [process.env["LENITY_NODE"]],
};
for (const [name, command] of Object.entries(servers)) {
  // Node before 22.18 does not run TypeScript; CI names one that does in LENITY_NODE.
  test(`chat.ts serves on ${name}: three policies, a stream, and the official client`, {
    skip: command === undefined && "LENITY_NODE is not set",
    timeout: 120_000,
  }, async () => {
    await served(command as readonly string[], async (url) => {
      for (const policy of ["strict", "judi", "judge"]) {
        const body = JSON.stringify({ messages: [{ role: "user", content: question }], speculative: { policy } });
        const answer = await (await fetch(`${url}/chat/completions`, { method: "POST", body })).json();
        const { choices, metrics } = answer as {
          choices: { message: { content: string } }[];
          metrics: { acceptance: { accepted_by: object } };
        };
        assert.match(choices[0]?.message.content ?? "", /#### 7$/);
        assert.ok(Object.keys(metrics.acceptance.accepted_by).includes("sd"));
      }
      assert.match(await run([bun, "client.ts", url]), /#### 33\n\d+\.\d tokens per target pass, \d+ accepted by relaxation/);
    });
  });
}

/** Deno from npm, by its platform package. */
function denoExecutable(): string {
  const require = createRequire(createRequire(join(folder, "../package.json")).resolve("deno/package.json"));
  const system = process.platform === "linux" ? "-glibc" : "";
  return join(
    dirname(require.resolve(`@deno/${process.platform}-${process.arch}${system}/package.json`)),
    process.platform === "win32" ? "deno.exe" : "deno",
  );
}

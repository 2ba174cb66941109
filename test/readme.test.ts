/** The README says nothing that does not run: every command, its code, its table and its links. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { type EvidenceReport, evidenceTable } from "../bench/evidence.ts";
import { type QualityReport, qualityTable } from "../bench/quality.ts";
import { codeBlocks, commandsIn } from "./code-blocks.ts";

const root = join(import.meta.dirname, "..");
const readme = readFileSync(join(root, "README.md"), "utf8");
const blocks = codeBlocks(readme);
const environment = { ...process.env, PATH: `${join(process.execPath, "..")}:${process.env["PATH"]}`, NO_COLOR: "1" };

function shell(command: string, input = "", cwd = root): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn("bash", ["-c", command], { cwd, env: environment });
    let out = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => (out += data));
    child.on("close", (status) => (status === 0 ? resolve(out) : reject(new Error(`${command}\nended with ${status}:\n${out}`))));
    child.stdin.end(input);
  });
}

test("its code runs as it stands and solves the problem", async () => {
  const code = blocks.filter(({ language }) => language === "ts");
  assert.equal(code.length, 1);
  assert.match(
    await shell(`"${process.execPath}" run -`, code[0]?.code, join(root, "examples")),
    /#### 19 \n\d+ tokens in \d+ target passes/,
  );
});

const commands = commandsIn(blocks);
/** Commands that this file runs in another way than as they stand, and why. */
const special: Record<string, string> = {
  "npm start": "started below, for the curl commands",
  "npm test": "it is what runs this test",
  "bun run lenity serve --port 8080 --policy judi": "run by packages/cli/test on a free port",
  "bun run lenity pull ORG/NAME --dtype q4": "needs the hub; run by packages/cli/test against one of its own",
  "bun run lenity serve --model packages/tiny/target --draft packages/tiny/draft --port 8080":
    "serve runs by packages/cli/test on a free port",
  "bun run lenity bench cache": "run by packages/cli/test on a small model",
  "bun run lenity bench evidence": "run by packages/cli/test on a small vocabulary",
  "bun run lenity bench threads": "run by packages/cli/test on few rounds",
  "bun run lenity bench quality": "run below on few problems",
  "bun run lenity bench verify": "run by packages/cli/test on a small vocabulary",
};

describe("npm start", () => {
  let server: ReturnType<typeof spawn>;
  before(async () => {
    server = spawn("npm", ["start"], { cwd: root, env: environment, stdio: ["ignore", "pipe", "inherit"], detached: true });
    let out = "";
    await new Promise<void>((resolve, reject) => {
      server.stdout?.on("data", (data) => {
        out += data;
        if (out.includes("on http://127.0.0.1:8080")) resolve();
      });
      server.once("close", () => reject(new Error(`npm start ended: ${out}`)));
    });
  });
  after(async () => {
    const ended = new Promise((resolve) => server.once("close", resolve));
    process.kill(-(server.pid as number), "SIGTERM"); // npm and what it started: a process group of its own
    await ended;
  });
  for (const command of commands.filter((line) => line.startsWith("curl"))) {
    test(`answers ${command.slice(0, 60)}…`, async () => {
      const answer = JSON.parse(await shell(command));
      assert.match(answer.choices[0].message.content, /#### 7$/);
      assert.equal(answer.metrics.acceptance.law, "mixture");
    });
  }
  test("serves the request that the README shows", async () => {
    const shown = JSON.parse(blocks.find(({ language, code }) => language === "json" && code.includes("speculative"))?.code ?? "");
    const body = JSON.stringify({ ...shown, messages: [{ role: "user", content: "Hello!" }] });
    const headers = { "content-type": "application/json" };
    const response = await fetch("http://127.0.0.1:8080/v1/chat/completions", { method: "POST", body, headers });
    assert.equal(response.status, 200);
    assert.ok(((await response.json()) as { trace: unknown[] }).trace.length > 0);
  });
});

for (const command of commands.filter((line) => !line.startsWith("curl") && !(line in special))) {
  test(`the command runs: ${command.slice(0, 80)}`, async () => {
    assert.notEqual(await shell(command), "");
  });
}

test("the command runs without Bun at hand, through the bootstrap", async () => {
  assert.match(await shell("node packages/cli/bin/bootstrap.mjs lenity --help"), /Usage: lenity/);
});

test("the bench command runs, and the table is the one that its JSON makes", async () => {
  assert.ok(commands.includes("bun run lenity bench quality"));
  await shell("bun run lenity bench quality --problems 2 --out .cache/quality-test.json");
  const report = JSON.parse(readFileSync(join(root, "bench/results/quality.json"), "utf8")) as QualityReport;
  assert.ok(report.problems >= 200);
  assert.equal(readme.split("<!-- quality -->")[1]?.split("<!-- /quality -->")[0]?.trim(), qualityTable(report));
});

test("the table of what numbers save is the one that its JSON makes, of both vocabularies on the CPU and on WebGPU", () => {
  const report = JSON.parse(readFileSync(join(root, "bench/results/evidence.json"), "utf8")) as EvidenceReport;
  const measured = new Set(report.rows.map(({ device, vocabulary }) => `${device} ${vocabulary}`));
  assert.deepEqual([...measured].sort(), ["cpu 151936", "cpu 32000", "webgpu 151936", "webgpu 32000"]);
  assert.equal(readme.split("<!-- evidence -->")[1]?.split("<!-- /evidence -->")[0]?.trim(), evidenceTable(report));
});

test("the table of verifiers is the one that the command prints", async () => {
  const table = (await shell("bun run lenity policies --markdown")).split("\n").filter((line) => line.startsWith("|"));
  assert.equal(readme.split("<!-- verifiers -->")[1]?.split("<!-- /verifiers -->")[0]?.trim(), table.join("\n"));
});

test("the nested policy that it shows runs", async () => {
  const policy = JSON.parse(blocks.find(({ language, code }) => language === "json" && code.includes("shadow"))?.code ?? "");
  const question = "A bus carries 31 people. At the next stop 12 get off and 7 get on. How many people are on the bus now?";
  const out = await shell(`bun packages/cli/src/main.ts chat "${question}" --json --policy '${JSON.stringify(policy)}'`);
  assert.match(JSON.parse(out).text, /#### 26$/);
});

test("the recorded table shows what the policies promise", () => {
  const { rows } = JSON.parse(readFileSync(join(root, "bench/results/quality.json"), "utf8")) as QualityReport;
  const row = (name: string) => rows.find(({ policy }) => policy === name) as QualityReport["rows"][number];
  for (const name of ["judi", "judge"]) {
    assert.ok(row(name).tokensPerPass > row("strict").tokensPerPass);
    assert.ok(row(name).accuracy >= row("strict").accuracy - 0.02);
  }
  for (const { policy, speed } of rows) if (policy !== "plain") assert.ok(speed > 1, `${policy} ${speed}`);
});

test("the pair in int8 has the accuracy of float32 within a point, and says more tokens a second under every policy", () => {
  const [float, int8] = ["quality", "quality-int8"].map(
    (name) => (JSON.parse(readFileSync(join(root, `bench/results/${name}.json`), "utf8")) as QualityReport).rows,
  );
  assert.deepEqual(
    int8?.map(({ policy }) => policy),
    float?.map(({ policy }) => policy),
  );
  for (const [i, { accuracy, tokensPerSecond }] of (int8 ?? []).entries()) {
    const whole = float?.[i] as QualityReport["rows"][number];
    assert.ok(accuracy >= whole.accuracy - 0.01 && tokensPerSecond > whole.tokensPerSecond);
  }
});

test("every file that it links to exists", () => {
  for (const [, target] of readme.matchAll(/\]\(([^)#]+)\)/g)) {
    if (target?.startsWith("http") === false) assert.ok(existsSync(join(root, target)), target);
  }
});

/** The README's example and its figures. Its commands, tables and links are checked by documents.test.ts. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import type { EvidenceReport } from "../bench/evidence.ts";
import type { QualityReport } from "../bench/quality.ts";
import { codeBlocks } from "./code-blocks.ts";
import { readJson, readText, root } from "./published-packages.ts";
import { shell } from "./shell.ts";

const readme = readText("README.md");
const blocks = codeBlocks(readme);

test("it has fewer than 150 lines, and opens with a sentence and a few lines of code", () => {
  assert.ok(readme.trimEnd().split("\n").length < 150);
  assert.match(readme, /^# lenity\n\n\*\*.+\.\*\*\n\n```ts\n/);
  const code = blocks.filter(({ language }) => language === "ts");
  assert.equal(code.length, 1);
  assert.ok((code[0]?.code.split("\n").length ?? 0) <= 13);
});

test("its code runs as written and solves the problem", async () => {
  const code = blocks.find(({ language }) => language === "ts")?.code;
  assert.match(
    await shell(`"${process.execPath}" run -`, code, join(root, "examples")),
    /#### 19\n\d+ tokens in \d+ target passes/,
  );
});

test("the command runs without an installed Bun, through the bootstrap", async () => {
  assert.match(await shell("node packages/cli/bin/bootstrap.mjs lenity --help"), /Usage: lenity/);
});

test("the bench command runs, and the table in the README is based on at least 200 problems", async () => {
  await shell("bun run lenity bench quality --problems 2 --out .cache/quality-test.json");
  assert.ok(readJson<QualityReport>("bench/results/quality.json").problems >= 200);
});

test("the evidence benchmark was recorded for both vocabularies on the CPU and on WebGPU", () => {
  const { rows } = readJson<EvidenceReport>("bench/results/evidence.json");
  const measured = new Set(rows.map(({ device, vocabulary }) => `${device} ${vocabulary}`));
  assert.deepEqual([...measured].sort(), ["cpu 151936", "cpu 32000", "webgpu 151936", "webgpu 32000"]);
});

test("the nested policy in the documents gives the right answer", async () => {
  const nested = codeBlocks(readText("docs/policies.md")).find(({ language }) => language === "json")?.code ?? "";
  const policy = JSON.stringify(JSON.parse(nested));
  assert.ok(policy.includes("shadow") && policy.includes("when"));
  const question =
    "A bus carries 31 people. At the first stop, 12 get off and 7 get on. At the second stop, 4 get off. How many people are on the bus now?";
  const out = await shell(`bun packages/cli/src/main.ts chat "${question}" --json --policy '${policy}'`);
  assert.match(JSON.parse(out).text, /#### 22$/);
});

test("in the recorded table the policies keep their promises", () => {
  const { rows } = readJson<QualityReport>("bench/results/quality.json");
  const row = (name: string) => rows.find(({ policy }) => policy === name) as QualityReport["rows"][number];
  for (const name of ["judi", "judge"]) {
    assert.ok(row(name).tokensPerPass > row("strict").tokensPerPass);
    assert.ok(row(name).accuracy >= row("strict").accuracy - 0.02);
  }
  for (const { policy, speed } of rows) if (policy !== "plain") assert.ok(speed > 1, `${policy} ${speed}`);
});

test("the int8 pair is within a point of the float32 pair's accuracy, and faster under every policy", () => {
  const [float, int8] = ["quality", "quality-int8"].map(
    (name) => readJson<QualityReport>(`bench/results/${name}.json`).rows,
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

import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { WebgpuReport } from "@lenity/bench/webgpu";
import { run } from "./command.ts";

// The CPU takes the part of the device, so that this runs everywhere; packages/onnx/test/webgpu has WebGPU itself.
let folder = "";
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "lenity-webgpu-"));
});
after(() => rm(folder, { recursive: true }));

async function bench(...flags: readonly string[]): Promise<{ readonly out: string; readonly report: WebgpuReport }> {
  const file = join(folder, "webgpu.json");
  const { status, out, err } = await run([
    ...["bench", "webgpu", "--device", "cpu", "--folder", folder, "--out", file],
    ...flags,
  ]);
  assert.equal(status, 0, err);
  return { out, report: JSON.parse(await readFile(file, "utf8")) as WebgpuReport };
}

test("lenity bench webgpu compares blocks and texts with the CPU, and measures every policy on every place", async () => {
  const flags = ["--only", "pair", "--problems", "2", "--turns", "1", "--max-tokens", "24", "--blocks", "1", "7"];
  const { out, report } = await bench(...flags);
  const { blocks = [], answers = [], devices } = report.pair ?? {};
  assert.equal(devices?.target.name, "cpu");
  assert.deepEqual(
    blocks.map(({ length, rows, agreeing, difference, gaps }) => [length, rows, agreeing, difference, gaps.length]),
    [
      [1, 2, 2, 0, 0],
      [7, 14, 14, 0, 0],
    ],
  );
  assert.deepEqual(
    answers.map(({ place, policy }) => `${place}: ${policy}`),
    ["cpu", "cpu", "cpu, draft on the CPU"].flatMap((place) =>
      ["plain", "strict", "judi"].map((policy) => `${place}: ${policy}`),
    ),
  );
  for (const { policy, decode, firstTokens, tokensPerPass, equal, answers: all, differences } of answers) {
    assert.ok(decode.low > 0 && decode.low <= decode.high && firstTokens.median > 0);
    assert.equal(all, 2);
    assert.equal(differences.length, all - equal);
    if (policy !== "judi") assert.equal(equal, 2);
    if (policy === "plain") assert.equal(tokensPerPass, 1);
    else assert.ok(tokensPerPass > 1, policy);
  }
  assert.match(out, /^Blocks of 1 to 7 tokens: .* by at most 0\.0, .* same in 16 of 16 rows\.$/m);
});

test("lenity bench webgpu adds files to those that it has measured, and leaves the other part as it is", async () => {
  const steps = ["--only", "shapes", "--quick", "--contexts", "40", "--blocks", "1", "8", "--prompt", "24"];
  const { pair } = (
    await bench("--only", "pair", "--problems", "1", "--turns", "1", "--max-tokens", "8", "--blocks", "2")
  ).report;
  const kinds = ({ shapes }: WebgpuReport) =>
    shapes?.rows.map(({ shape, kind, family }) => `${shape} ${kind} ${family}`);
  const first = await bench(...steps, "--turns", "1", "--weights", "float16");
  assert.deepEqual(kinds(first.report), ["tiny float16 new-rows"]);
  const { out, report } = await bench(...steps, "--turns", "1", "--weights", "float32", "int4");
  assert.deepEqual(kinds(report), ["tiny float16 new-rows", "tiny float32 new-rows", "tiny int4 new-rows"]);
  assert.deepEqual(report.pair, pair);
  for (const { cells } of report.shapes?.rows ?? [])
    assert.deepEqual(
      cells.map(({ tokens, median }) => [tokens, median > 0]).sort(([a], [b]) => Number(a) - Number(b)),
      [
        [1, true],
        [8, true],
        [24, true],
      ],
    );
  assert.match(out, /^\| tiny, float16 +\| +40 \|/m);
});

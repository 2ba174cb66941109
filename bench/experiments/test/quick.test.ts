/** The quick form of every experiment with the built-in pair, in an empty folder. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { promisify } from "node:util";
import type { AccuracyReport } from "../accuracy/report.ts";
import type { CalibrationReport } from "../calibration/report.ts";
import type { DomainReport } from "../domain/report.ts";
import { experiments } from "../experiments.ts";
import { headPlans } from "../judges/head-plan.ts";
import type { HeadsReport } from "../judges/report.ts";
import type { LayersReport } from "../layers/report.ts";
import type { LengthReport } from "../length/report.ts";
import type { ResultFile } from "../page/page.ts";
import type { SafetyReport } from "../safety/report.ts";
import type { TemperatureReport } from "../temperature/report.ts";

const out = mkdtempSync(join(tmpdir(), "experiments-"));
const main = join(import.meta.dirname, "../main.ts");
const read = (...path: readonly string[]): string => readFileSync(join(out, ...path), "utf8");

/** Runs an experiment and checks its files; resolves to its report. */
async function quick<Report>(name: string): Promise<Report> {
  await promisify(execFile)(process.execPath, [main, name, "--quick", "--out", out]);
  const result: ResultFile = JSON.parse(read("results", `${name}.json`));
  assert.deepEqual([result.experiment, result.quick], [name, true]);
  const plots = readdirSync(join(out, "experiments")).filter((file) => file.startsWith(name));
  assert.ok(plots.length > 0);
  const page = read("experiments.md");
  assert.ok(page.includes(experiments.find((known) => known.name === name)?.title ?? "?"));
  assert.ok(!/NaN|undefined|\[object/.test(page), "the page has a value that is none");
  for (const plot of plots) {
    assert.match(read("experiments", plot), /^<svg .*<text.*<\/svg>\n$/s);
    assert.ok(page.includes(`(experiments/${plot})`), plot);
  }
  return result.report as Report;
}

describe("the quick form of", () => {
  test("heads trains every head", { timeout: 240_000 }, async () => {
    const { heads, untrained } = await quick<HeadsReport>("heads");
    assert.deepEqual(readdirSync(join(out, "heads")).sort(), headPlans.map(({ name }) => `${name}.json`).sort());
    assert.ok(heads.every(({ trained: { wrong, tokens } }) => wrong > 0 && wrong < tokens));
    assert.ok((untrained.kl.area as number) > 0.5);
  });

  test("accuracy: strict verification answers as plain decoding does, and lossy rules take fewer passes", async () => {
    const { strict, plain, strictDiffers, lines } = await quick<AccuracyReport>("accuracy");
    assert.deepEqual([strictDiffers, strict.right, strict.tokens], [0, plain.right, plain.tokens]);
    assert.equal(plain.tokensPerPass, 1);
    const last = (rule: string) => lines.find((line) => line.rule === rule)?.points.at(-1)?.point;
    for (const rule of ["kl, masked", "topk", "entropy gate"])
      assert.ok((last(rule)?.tokensPerPass as number) > strict.tokensPerPass, rule);
    // At temperature 0 the processed rows that it reads are one-hot.
    assert.equal(last("typical")?.relaxed, 0);
  });

  test("domain: judges with and without the family are compared", async () => {
    const { families } = await quick<DomainReport>("domain");
    assert.deepEqual(
      families.map(({ family, lines }) => [family, lines.length, lines.filter(({ without }) => without).length]),
      [
        ["code", 7, 3],
        ["words", 7, 3],
      ],
    );
  });

  test("layers: a judge on every layer", async () => {
    const { kinds } = await quick<LayersReport>("layers");
    assert.equal(kinds.length, 10);
    assert.ok(kinds.every(({ area }) => area > 0 && area <= 1));
  });

  test("calibration: looser thresholds never take more passes on the whole, and the promise is kept", async () => {
    const { rules, delta } = await quick<CalibrationReport>("calibration");
    for (const { tokensPerPass, coverage } of rules) {
      assert.ok((tokensPerPass.at(-1) as number) > (tokensPerPass[0] as number));
      for (const { how, covered } of coverage) if (how === "tested") assert.ok(covered > 1 - delta - 0.07);
    }
  });

  test("safety: strict verification loses no refusal, whatever the draft", async () => {
    const { refused, policies } = await quick<SafetyReport>("safety");
    assert.ok(refused > 0);
    const strict = policies.find(({ name }) => name === "strict");
    assert.deepEqual(
      strict?.drafts.map(({ asIs, kept }) => [asIs.leaked, kept.leaked]),
      [
        [0, 0],
        [0, 0],
      ],
    );
  });

  test("length: blocks of any length give the same strict answers, in fewer passes", async () => {
    const { lines } = await quick<LengthReport>("length");
    const strict = lines[0]?.points.map(({ point }) => point) ?? [];
    assert.equal(new Set(strict.map(({ right, tokens }) => `${right} ${tokens}`)).size, 1);
    const passes = strict.map((point) => point.passes);
    assert.deepEqual(
      passes.toSorted((a, b) => b - a),
      passes,
    );
  });

  test("temperature: no ledger charges more than its budget", async () => {
    const { temperatures, ledger } = await quick<TemperatureReport>("temperature");
    assert.deepEqual(
      temperatures.map(({ temperature }) => temperature),
      [0, 0.5, 1],
    );
    assert.ok(ledger.every(({ budget, most }) => budget === undefined || most <= budget + 1e-4));
  });
});

/** Divergences that are known only between two ends: the ends hold, and no gate opens that the rows keep closed. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { divergence, softmax } from "@lenity/core";
import { type BoundedMeasure, divergenceBounds, draftRow } from "../src/bounds.ts";
import { bestOf } from "./fakes/fake-engine.ts";

/** All rows of this many tokens whose probabilities are multiples of 1/steps. */
function grid(vocabulary: number, steps: number): number[][] {
  if (vocabulary === 1) return [[steps]];
  return Array.from({ length: steps + 1 }, (_, first) => first).flatMap((first) =>
    grid(vocabulary - 1, steps - first).map((rest) => [first, ...rest]),
  );
}

const measures: readonly BoundedMeasure[] = ["kl", "js", "tv"];
const thresholds = [0.02, 0.1, 0.3, 0.6, 1];

describe("every row of four tokens in steps of an eighth, against every draft row, listing one to four tokens", () => {
  for (const measure of measures)
    test(measure, () => {
      const rows = grid(4, 8).map((row) => row.map((count) => count / 8));
      // A draft row is a softmax of logits, so none of its probabilities is exactly 0.
      const drafts = rows.map((row) => Float32Array.from(row, (p) => Math.log(p + 1e-4)));
      let [decided, open] = [0, 0];
      for (const p of rows)
        for (const logits of drafts) {
          const exact = divergence(Float32Array.from(p), softmax(logits), measure);
          const logprobs = Float64Array.from(p, Math.log);
          const row = draftRow(logits);
          for (let count = 1; count <= 4; count++) {
            const top = bestOf(logprobs, count).map((token) => ({ token, logprob: logprobs[token] as number }));
            const other = { token: 3, logprob: logprobs[3] as number };
            const { least, most } = divergenceBounds(measure, top, other, row);
            assert.ok(
              least <= exact + 2e-5 && exact <= most + 2e-5,
              `${p} ${Array.from(softmax(logits))} ${count}: ${least} ${exact} ${most}`,
            );
            for (const threshold of thresholds) {
              if (most < threshold) assert.ok(exact < threshold + 2e-5);
              if (most < threshold || least >= threshold) decided++;
              else open++;
            }
          }
        }
      // Ends that are always too wide would pass the checks above.
      assert.ok(decided > open, `${decided} decided, ${open} open`);
    });
});

test("with all tokens listed both ends are the divergence itself", () => {
  const logits = Float32Array.of(0.3, -1, 2, 0.5);
  const logprobs = Float64Array.from(softmax(Float32Array.of(1, 0, 1.5, -2)), Math.log);
  const top = bestOf(logprobs, 4).map((token) => ({ token, logprob: logprobs[token] as number }));
  for (const measure of measures) {
    const exact = divergence(Float32Array.from(logprobs, Math.exp), softmax(logits), measure);
    const { least, most } = divergenceBounds(measure, top, undefined, draftRow(logits));
    assert.ok(least === most && Math.abs(most - exact) < 1e-6);
  }
});

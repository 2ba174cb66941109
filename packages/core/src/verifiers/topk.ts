import * as v from "valibot";
import type { Evidence } from "../evidence/evidence.ts";
import type { Token } from "../model.ts";
import { type VerifierPlugin, verifierPlugin } from "../registry.ts";
import { oneHot } from "../sampling.ts";
import type { Verifier } from "../verifier.ts";

/** Options of relaxed top-k acceptance. */
export interface TopkOptions {
  /** The drafted token must be among the k most probable ones. */
  readonly k: number;
  /** Its raw probability may be at most this much below the highest one, 0 to 1. */
  readonly delta: number;
}

/**
 * TensorRT-LLM's relaxed acceptance: accept x among the top k of p with p(x) ≥ max p − Δ, on raw rows. The argmax, and
 * nearly every other token, is decided without a full softmax, because the logits usually settle both conditions.
 */
export function topk({ k, delta }: TopkOptions): Verifier {
  const near = (target: Evidence, at: number, token: Token) =>
    target.within?.(at, token, k, delta) ?? within(target, at, token, k, delta);
  return {
    name: "topk",
    law: "none",
    reads: k === 1 ? ["argmax"] : ["argmax", `top ${k} within ${delta}`],
    verify({ draft, target, greedy }) {
      return {
        accept: draft.map((token, at) => token === target.argmax(at) || (k > 1 && near(target, at, token))),
        replacement: greedy ? (at) => oneHot(target.argmax(at), target.vocabulary) : undefined,
      };
    },
  };
}

function within(target: Evidence, at: number, token: number, k: number, delta: number): boolean {
  const logits = target.logits(at);
  const own = logits[token] as number;
  let above = 0;
  for (let i = 0; i < logits.length && above < k; i++) if ((logits[i] as number) > own) above++;
  if (above >= k) return false;
  // p₁ − p(x) = (1 − r)/S with r = e^{z_x − z₁} and S = Σ e^{z − z₁}: x is within Δ as soon as a partial sum of S
  // reaches (1 − r)/Δ.
  const highest = logits[target.argmax(at)] as number;
  const enough = (1 - Math.exp(own - highest)) / delta;
  let sum = 0;
  for (let i = 0; i < logits.length; i++) {
    sum += Math.exp((logits[i] as number) - highest);
    if (sum >= enough) return true;
  }
  return false;
}

/** `topk` as a policy: `{"type": "topk", "k": 10, "delta": 0.6}`. */
export const topkPlugin: VerifierPlugin = verifierPlugin({
  name: "topk",
  summary: "Accepts the target's top k tokens within a distance of the best: lossy, cheap.",
  source: "TensorRT-LLM, relaxed acceptance",
  law: "none",
  strict: { k: 1, delta: 0 },
  strictMode: "greedy",
  parameter: { name: "k", looser: "up", values: [1, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 50] },
  example: { k: 10, delta: 0.6 },
  schema: v.strictObject({
    k: v.pipe(v.number(), v.integer(), v.minValue(1)),
    delta: v.pipe(v.number(), v.minValue(0), v.maxValue(1)),
  }),
  create: topk,
});

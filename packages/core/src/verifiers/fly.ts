import * as v from "valibot";
import type { Evidence } from "../evidence/evidence.ts";
import { type VerifierPlugin, verifierPlugin } from "../registry.ts";
import type { Verdict, Verifier } from "../verifier.ts";
import { sd } from "./sd.ts";

/** Options of the entropy gate and the deferred window. */
export interface FlyOptions {
  /**
   * The entropy in nats, over the renormalised top three of the raw row, that a rejected position must have. Default
   * 0.3.
   */
  readonly entropy?: number | undefined;
  /**
   * W: the rejected position and the W − 1 after it, which must all match. A window longer than the block relaxes
   * nothing: strict. Default 6.
   */
  readonly window?: number | undefined;
}

/** Entropy in nats of the three highest probabilities, renormalised. At most ln 3. */
export function topThreeEntropy(target: Evidence, at: number): number {
  const known = target.topThreeEntropy?.(at);
  if (known !== undefined) return known;
  const top = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of target.logits(at)) {
    if (value <= (top[2] as number)) continue;
    top[2] = value;
    top.sort((a, b) => b - a);
  }
  const weights = top.map((value) => Math.exp(value - (top[0] as number)));
  const sum = weights.reduce((a, b) => a + b, 0);
  return weights.reduce((total, weight) => (weight > 0 ? total - (weight / sum) * Math.log(weight / sum) : total), 0);
}

/**
 * FLy (2511.22972, section 3): a rejection by the native rule is overridden if the target is unsure between
 * alternatives and then agrees with the draft for the rest of the window, so the mismatch was only a difference of
 * wording. Never in the last W − 1 positions of a block, where the window is incomplete. The native rule is `sd`.
 */
export function fly({ entropy = 0.3, window = 6 }: FlyOptions = {}): Verifier {
  const native = sd();
  return {
    name: "fly",
    law: "none",
    reads: [...(native.reads ?? []), "top-three entropy"],
    verify(round) {
      const { draft, target } = round;
      const { accept, ...replaced } = native.verify(round) as Verdict;
      const settled = (at: number) =>
        at + window <= draft.length &&
        topThreeEntropy(target, at) >= entropy &&
        accept.slice(at + 1, at + window).every(Boolean);
      return { accept: accept.map((accepted, at) => accepted || settled(at)), ...replaced };
    },
  };
}

/** `fly` as a policy: `{"type": "fly", "entropy": 0.3, "window": 6}`. */
export const flyPlugin: VerifierPlugin = verifierPlugin({
  name: "fly",
  summary:
    "Overrides a rejection if the target is unsure and then agrees for a whole window: lossy, needs no training.",
  source: "2511.22972, section 3",
  law: "none",
  strict: { window: 1025 },
  parameter: { name: "window", looser: "down", values: [12, 10, 8, 7, 6, 5, 4, 3, 2, 1] },
  example: { entropy: 0.3, window: 6 },
  schema: v.strictObject({
    entropy: v.optional(v.pipe(v.number(), v.minValue(0))),
    window: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1))),
  }),
  create: fly,
});

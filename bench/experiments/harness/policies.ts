/** Policies that several experiments use. */
import type { Policy } from "@lenity/core";

/** Strict, but also accepts what the rule accepts. */
export const orStrict = (rule: Policy): Policy => ({ type: "or", any: [{ type: "sd" }, rule] });

export const strict: Policy = { type: "sd" };

/** The KL gate with the confidence mask of 2601.04766. */
export const kl = (threshold: number): Policy => orStrict({ type: "kl", threshold, max_confidence: 0.9 });

export const judge = (threshold: number): Policy => orStrict({ type: "judge", threshold });

export const autojudge = (threshold: number): Policy => ({ type: "autojudge", threshold });

export const topk = (k: number, delta: number): Policy => ({ type: "topk", k, delta });

/** Accepts whatever the draft proposes: every KL is below this threshold. */
export const everything: Policy = { type: "kl", threshold: 1e6 };

/** Accepts whatever the draft proposes where the target's entropy is at least this, in nats. */
export const entropyGate = (least: number): Policy => ({
  type: "when",
  condition: { min_entropy: least },
  then: everything,
});

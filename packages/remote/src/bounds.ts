/**
 * Divergences between a row p, of which only the most probable tokens are known, and a whole row q: between which two
 * ends they lie. Of the unlisted tokens is known how much mass they have together (r), and that none has more than the
 * least of the listed ones (m). Every end holds for all rows p that fit this.
 */
import type { Measure } from "@lenity/core";
import type { Listed } from "./engine.ts";

/** The measures that have useful ends. KL(q‖p) has none: p may be 0 wherever it is not listed. */
export type BoundedMeasure = Exclude<Measure, "reverse-kl">;

export interface Interval {
  readonly least: number;
  readonly most: number;
}

/** q as logits, and the logarithm of the sum of their exponentials. */
export interface DraftRow {
  readonly logits: Float32Array;
  readonly logSum: number;
}

export function draftRow(logits: Float32Array): DraftRow {
  let highest = Number.NEGATIVE_INFINITY;
  for (const logit of logits) if (logit > highest) highest = logit;
  let sum = 0;
  for (const logit of logits) sum += Math.exp(logit - highest);
  return { logits, logSum: highest + Math.log(sum) };
}

/** What rounding may hide of the mass: log probabilities come in 32 bits. */
const rounding = 1e-5;

/** `top` are the most probable tokens; `other` is one more token whose probability is known, if it is not among them. */
export function divergenceBounds(
  measure: BoundedMeasure,
  top: readonly Listed[],
  other: Listed | undefined,
  { logits, logSum }: DraftRow,
): Interval {
  const listed = other === undefined || top.some(({ token }) => token === other.token) ? top : [...top, other];
  const known = new Set(listed.map(({ token }) => token));
  const sum = { value: 0, p: 0, q: 0 };
  for (const { token, logprob } of listed) {
    const logQ = (logits[token] as number) - logSum;
    sum.value += term(measure, logprob, logQ);
    sum.p += Math.exp(logprob);
    sum.q += Math.exp(logQ);
  }
  let lowest = 0;
  for (let token = 0; token < logits.length; token++)
    if (!known.has(token)) lowest = Math.min(lowest, (logits[token] as number) - logSum);
  const unlisted = logits.length - known.size;
  if (unlisted === 0) return { least: Math.max(0, sum.value), most: Math.max(0, sum.value) };
  // m: the least of the most probable ones, whatever the other token has.
  const logMost = top.at(-1)?.logprob ?? 0;
  const p = Math.min(Math.max(0, 1 - sum.p) + rounding, unlisted * Math.exp(logMost));
  const q = Math.max(0, 1 - sum.q);
  const least = sum.value + atLeast(measure, Math.max(0, 1 - sum.p), q + rounding);
  return {
    least: Math.max(0, least - rounding),
    most: Math.max(0, sum.value + atMost(measure, p, q, logMost, lowest)),
  };
}

/** A token's part of the divergence. Both probabilities are logarithms. */
function term(measure: BoundedMeasure, logP: number, logQ: number): number {
  const [p, q] = [Math.exp(logP), Math.exp(logQ)];
  if (measure === "tv") return Math.abs(p - q) / 2;
  if (measure === "kl") return p > 0 ? p * (logP - logQ) : 0;
  const middle = Math.log((p + q) / 2);
  return ((p > 0 ? p * (logP - middle) : 0) + (q > 0 ? q * (logQ - middle) : 0)) / 2;
}

/** All measures are jointly convex, so spreading both masses alike is the least. */
function atLeast(measure: BoundedMeasure, p: number, q: number): number {
  return p === 0 && q === 0 ? 0 : term(measure, Math.log(p), Math.log(q));
}

/** The most that unlisted tokens can add, each with a probability up to m where q is at least `lowest`. */
function atMost(measure: BoundedMeasure, p: number, q: number, logMost: number, lowest: number): number {
  if (measure === "tv") return (p + q) / 2;
  if (measure === "js") return ((p + q) * Math.LN2) / 2;
  return p > 0 ? p * Math.max(0, logMost - lowest) : 0;
}

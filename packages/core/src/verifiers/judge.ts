import * as v from "valibot";
import { LenityError } from "../error.ts";
import { type VerifierPlugin, verifierPlugin } from "../registry.ts";
import type { Verifier } from "../verifier.ts";
import { type HeadStates, headInput, headNeeds, statesSchema } from "./head-states.ts";

/** A linear head on hidden states: P(token is fine) = σ(weight · h + bias). */
export interface JudgeHead extends HeadStates {
  /** One number for each dimension of the hidden state; of both, if it reads both models'. */
  readonly weight: readonly number[];
  readonly bias: number;
}

/** Reads a head from the content of its JSON file, or throws `model_files`. */
export function judgeHead(json: unknown): JudgeHead {
  const result = v.safeParse(headSchema, json);
  if (result.success) return result.output;
  const issue = result.issues[0];
  throw new LenityError(
    "model_files",
    `The judge head is not valid at "${v.getDotPath(issue) ?? "."}": ${issue.message}`,
  );
}

const headSchema = v.object({
  ...statesSchema,
  weight: v.pipe(v.array(v.number()), v.minLength(1)),
  bias: v.number(),
});

/** The head's probability that the token at this position is fine. */
export function judgeScore(head: JudgeHead, state: ArrayLike<number>): number {
  let sum = head.bias;
  for (let i = 0; i < head.weight.length; i++) sum += (head.weight[i] as number) * (state[i] as number);
  return 1 / (1 + Math.exp(-sum));
}

/**
 * Judge Decoding (2501.19309, section 4): accept x when a trained linear head on the hidden state *at x* (one position
 * after the row that tests x) scores above the threshold. Makes no claim about the law. Threshold 1 accepts nothing:
 * strict.
 */
export function judge(
  head: JudgeHead,
  { threshold = 0.5 }: { readonly threshold?: number | undefined } = {},
): Verifier {
  return {
    name: "judge",
    law: "none",
    needs: headNeeds(head),
    reads: [],
    verify(round) {
      const input = headInput("judge", head, head.weight.length, round);
      return { accept: round.draft.map((_, at) => threshold < 1 && judgeScore(head, input(at)) > threshold) };
    },
  };
}

/** `judge` as a policy: `{"type": "judge", "threshold": 0.5}`. The weights are not in the JSON. */
export const judgePlugin = (head: JudgeHead): VerifierPlugin =>
  verifierPlugin({
    name: "judge",
    summary: "Accepts tokens that a trained head on the target's hidden states scores as fine: lossy.",
    source: "2501.19309, section 4",
    law: "none",
    needs: headNeeds(head),
    strict: { threshold: 1 },
    parameter: {
      name: "threshold",
      looser: "down",
      values: [0.99, 0.98, 0.95, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.05],
    },
    example: { threshold: 0.5 },
    schema: v.strictObject({ threshold: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(1))) }),
    create: (options) => judge(head, options),
  });

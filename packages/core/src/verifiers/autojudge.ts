import * as v from "valibot";
import { LenityError } from "../error.ts";
import type { HiddenKind } from "../model.ts";
import { type VerifierPlugin, verifierPlugin } from "../registry.ts";
import { oneHot } from "../sampling.ts";
import type { Needs, Verifier } from "../verifier.ts";
import { type HeadStates, headInput, headNeeds, statesSchema } from "./head-states.ts";

/** A logistic regression on standardised hidden states: P(a mismatch matters) = σ(weight · (h − mean)/scale + bias). */
export interface AutojudgeHead extends Omit<HeadStates, "hidden"> {
  /** Default: post-norm. */
  readonly hidden?: HiddenKind | undefined;
  /** One number for each dimension of the hidden state; of both, if it reads both models'. */
  readonly mean: readonly number[];
  readonly scale: readonly number[];
  readonly weight: readonly number[];
  readonly bias: number;
}

const numbers = v.pipe(v.array(v.number()), v.minLength(1));
const headSchema = v.pipe(
  v.object({
    ...statesSchema,
    hidden: v.optional(statesSchema.hidden),
    mean: numbers,
    scale: v.array(v.pipe(v.number(), v.gtValue(0))),
    weight: numbers,
    bias: v.number(),
  }),
  v.check(
    ({ mean, scale, weight }) => mean.length === weight.length && scale.length === weight.length,
    "mean, scale and weight differ in length",
  ),
);

/** Reads a head from the content of its JSON file, or throws `model_files`. */
export function autojudgeHead(json: unknown): AutojudgeHead {
  const result = v.safeParse(headSchema, json);
  if (result.success) return result.output;
  const issue = result.issues[0];
  throw new LenityError(
    "model_files",
    `The AutoJudge head is not valid at "${v.getDotPath(issue) ?? "."}": ${issue.message}`,
  );
}

/** The head's probability that it matters whether this token is the target's choice. */
export function importance({ mean, scale, weight, bias }: AutojudgeHead, state: ArrayLike<number>): number {
  let sum = bias;
  for (let i = 0; i < weight.length; i++) {
    sum += ((weight[i] as number) * ((state[i] as number) - (mean[i] as number))) / (scale[i] as number);
  }
  return 1 / (1 + Math.exp(-sum));
}

/**
 * AutoJudge (2504.20039, section 3): accept x when it is the target's argmax, or when a classifier on the hidden state
 * at x finds the mismatch unimportant: score < t. Greedy, as published. t = 0 is `exact`.
 */
export function autojudge(
  head: AutojudgeHead,
  { threshold = 0.1 }: { readonly threshold?: number | undefined } = {},
): Verifier {
  return {
    name: "autojudge",
    law: "none",
    needs: needsOf(head),
    reads: ["argmax"],
    verify(round) {
      const { draft, target } = round;
      const input = headInput("autojudge", head, head.weight.length, round);
      return {
        accept: draft.map((token, at) => token === target.argmax(at) || importance(head, input(at)) < threshold),
        replacement: (at) => oneHot(target.argmax(at), target.vocabulary),
      };
    },
  };
}

/** Greedy, and the states after the final norm unless the head says otherwise. */
const needsOf = ({ hidden = "post-norm", ...head }: AutojudgeHead): Needs => ({
  ...headNeeds({ ...head, hidden }),
  mode: "greedy",
});

/** `autojudge` as a policy: `{"type": "autojudge", "threshold": 0.1}`. The weights are not in the JSON. */
export const autojudgePlugin = (head: AutojudgeHead): VerifierPlugin =>
  verifierPlugin({
    name: "autojudge",
    summary: "Accepts mismatches that a trained classifier finds unimportant: lossy, greedy only.",
    source: "2504.20039, section 3",
    law: "none",
    needs: needsOf(head),
    strict: { threshold: 0 },
    strictMode: "greedy",
    parameter: {
      name: "threshold",
      looser: "up",
      values: [0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95],
    },
    example: { threshold: 0.1 },
    schema: v.strictObject({ threshold: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(1))) }),
    create: (options) => autojudge(head, options),
  });

import { complete, modelDrafter, type Token } from "@lenity/core";
import { controlTokens } from "./control-tokens.ts";
import type { LabelOptions } from "./label-options.ts";

/** An answer of the target at temperature 0. */
export interface GreedyAnswer {
  readonly tokens: readonly Token[];
  /** Without control tokens. */
  readonly text: string;
  /** Whether it ended by itself, and not at the limit of tokens. */
  readonly finished: boolean;
}

/** The default of `LabelOptions.maxTokens`. */
export const defaultMaxTokens = 512;
/** Strict verification accepts few tokens of a long block. */
const draftTokens = 8;

/** The target's answer to the prompt at temperature 0, continuing the tokens `start`, which count as a part of it. */
export async function greedyAnswer(
  prompt: readonly Token[],
  start: readonly Token[],
  options: LabelOptions,
): Promise<GreedyAnswer> {
  const { target, draft, tokenizer, scope, signal, maxTokens = defaultMaxTokens } = options;
  const { control = controlTokens(tokenizer, target.eos), drafter = () => modelDrafter(draft) } = options;
  const rest = await complete([...prompt, ...start], {
    ...{ target, tokenizer, scope, signal, draftTokens },
    drafter: drafter(),
    maxTokens: maxTokens - start.length,
    sampling: { temperature: 0 },
  });
  const tokens = [...start, ...rest.tokens.map(({ token }) => token)];
  const text = tokenizer.decode(tokens.filter((token) => !control.has(token)));
  return { tokens, text, finished: rest.reason === "stop" };
}

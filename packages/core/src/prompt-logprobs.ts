import { LenityError } from "./error.ts";
import { type Logprobs, logprobsOf } from "./logprobs.ts";
import type { LanguageModel, Token } from "./model.ts";
import { checkPrompt } from "./preflight.ts";

export interface PromptLogprobsOptions {
  readonly target: LanguageModel;
  /** How many of the most probable tokens to return at each position. Default 0. */
  readonly top?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** As in `DecodeOptions`. The prompt's cache is left for later requests of this scope, but none is used here. */
  readonly scope?: string | undefined;
}

/** The most logits in memory at a time: 16 MiB. */
const mostLogits = 4 * 1024 * 1024;
/** The most positions in one pass. */
const mostRows = 512;

/**
 * How probable the target finds each token of a prompt after those before it: undefined for the first, which nothing
 * comes before. Throws `invalid_request` and `context_full` for prompts as in `decode`, and `unsupported` for a model
 * that scores only last positions.
 */
export async function promptLogprobs(
  prompt: readonly Token[],
  { target, top = 0, signal, scope }: PromptLogprobsOptions,
): Promise<(Logprobs | undefined)[]> {
  checkPrompt(prompt, target);
  if (target.lastOnly === true) {
    throw new LenityError(
      "unsupported",
      `${target.name} scores only the last position of a prompt, so the prompt's probabilities are unknown. Export the model with the logits of all positions.`,
      { path: "promptLogprobs" },
    );
  }
  if (target.reach?.rows === false) {
    throw new LenityError(
      "unsupported",
      `${target.name} returns no rows, so the prompt's probabilities are unknown. Ask the engine that runs it.`,
      { path: "promptLogprobs" },
    );
  }
  const found: (Logprobs | undefined)[] = [undefined];
  const rows = Math.max(1, Math.min(mostRows, Math.floor(mostLogits / target.vocabulary)));
  const session = await target.open({ prompt, scope });
  try {
    await session.rewind(0);
    // The last token's row scores what follows the prompt.
    for (let from = 0; from < prompt.length - 1; from += rows) {
      const tokens = prompt.slice(from, Math.min(from + rows, prompt.length - 1));
      const { logits } = await session.append(tokens, { signal });
      for (let at = 0; at < tokens.length; at++) {
        const row = logits.subarray(at * target.vocabulary, (at + 1) * target.vocabulary);
        found.push(logprobsOf(row, prompt[from + at + 1] as Token, top));
      }
    }
    return found;
  } finally {
    await session.close();
  }
}

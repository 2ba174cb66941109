import type { LanguageModel, Token } from "@lenity/core";
import { canRead, commonPrefix } from "@lenity/core/internal";
import { bestToken } from "./best-token.ts";

/** A draft model that is made to read an answer, and asked at each position what it would have chosen there. */
export interface ForcedDraft {
  /**
   * Its most probable token at index `at` of the answer, given the prompt and the answer before it. Undefined if it
   * cannot read them: they have a token that it lacks, or do not fit its context.
   */
  choice(answer: readonly Token[], at: number): Promise<Token | undefined>;
  close(): Promise<void>;
}

/** How many positions one pass scores. Mining often replaces the rest of an answer, so long blocks would be wasted. */
const block = 32;

/** Opens a session of the draft model. Answers may change from call to call: only what differs is run again. */
export async function forcedDraft(
  draft: LanguageModel,
  prompt: readonly Token[],
  { scope, signal }: { readonly scope?: string | undefined; readonly signal?: AbortSignal | undefined } = {},
): Promise<ForcedDraft> {
  const session = await draft.open({ scope });
  let known: readonly Token[] = [];
  /** The choices at the first positions of `known`. */
  const choices: Token[] = [];
  return {
    async choice(answer, at) {
      choices.length = Math.min(choices.length, commonPrefix(known, answer) + 1);
      known = answer;
      const context = [...prompt, ...answer];
      const stray = context.findIndex((token) => !canRead(draft, [token]));
      const readable = Math.min(stray < 0 ? context.length : stray, draft.contextLength);
      if (prompt.length + at > readable) return undefined;
      while (choices.length <= at) {
        const from = prompt.length + choices.length;
        const to = Math.min(from + block, context.length, readable + 1);
        // The row that predicts a token belongs to the token before it.
        await session.rewind(Math.min(session.length, from - 1));
        const { logits, rows } = await session.append(context.slice(session.length, to - 1), {
          rows: to - from,
          signal,
        });
        for (let row = 0; row < rows; row++) choices.push(bestToken(draft, logits, row));
      }
      return choices[at];
    },
    async close() {
      await session.close();
    },
  };
}

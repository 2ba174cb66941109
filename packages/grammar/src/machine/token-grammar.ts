import { type Grammar, LenityError, type Token, type Tokenizer } from "@lenity/core";
import { type Vocabulary, vocabularyOf } from "../tokens/vocabulary.ts";
import { forcedTokens } from "./forced.ts";
import type { Machine } from "./machine.ts";
import { maskWriter } from "./masks.ts";
import { type State, step } from "./state.ts";

/**
 * A grammar over the tokens of this tokenizer. Throws `unsupported` if the tokenizer does not know their bytes, or if
 * none of them can begin a text.
 */
export function tokenGrammar(
  machine: Machine,
  tokenizer: Tokenizer,
  vocabulary: Vocabulary = vocabularyOf(tokenizer),
): Required<Grammar> {
  const { spaces, start } = machine;
  const write = maskWriter(vocabulary, spaces);
  const first = new Uint32Array(vocabulary.words);
  write(start, first);
  if (!start.frame.accepting && first.every((word) => word === 0)) {
    throw new LenityError(
      "unsupported",
      "No token can begin a text of the grammar. Use a tokenizer that has a token for every byte.",
    );
  }
  return {
    start,
    mask(state: State, out) {
      if (out.length < vocabulary.words) {
        throw new RangeError(
          `The mask has ${out.length} words; expected at least ${vocabulary.words}, a bit for each of the tokenizer's ${tokenizer.vocabulary} ids.`,
        );
      }
      write(state, out);
    },
    advance(state: State, token: Token) {
      let now: State | undefined = state;
      const bytes = vocabulary.bytes(token);
      if (bytes === undefined) return undefined;
      for (const byte of bytes) {
        now = step(now, byte, spaces);
        if (now === undefined) return undefined;
      }
      return now;
    },
    accepting: ({ outer, frame }: State) => outer === undefined && frame.accepting,
    forced: (state: State) => forcedTokens(vocabulary, state, spaces),
  };
}

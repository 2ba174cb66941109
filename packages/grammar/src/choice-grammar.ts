import { type Grammar, LenityError, type Tokenizer } from "@lenity/core";
import { budget } from "./budget.ts";
import { wordsAutomaton } from "./characters/words.ts";
import { tokenGrammar } from "./machine/token-grammar.ts";
import { atOnce } from "./steps.ts";
import { textMachine } from "./texts/text-machine.ts";

/**
 * Exactly one of these texts. Throws `invalid_request` if there are none, if one has half a character (a surrogate
 * without its pair), or if they are too long, about 600 000 characters together.
 */
export function choiceGrammar(choices: readonly string[], tokenizer: Tokenizer): Required<Grammar> {
  const spent = budget();
  for (const [at, choice] of choices.entries()) {
    const path = `choices[${at}]`;
    spent.spend(5 * choice.length, path);
    if (!choice.isWellFormed())
      throw new LenityError("invalid_request", `${path} has half a character (a surrogate without its pair).`, {
        path,
      });
  }
  if (choices.length === 0)
    throw new LenityError("invalid_request", "choices is empty; expected at least one text.", { path: "choices" });
  return tokenGrammar(textMachine(atOnce(wordsAutomaton(choices)), "choices"), tokenizer);
}

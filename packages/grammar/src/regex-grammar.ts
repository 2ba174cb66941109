import type { Grammar, Tokenizer } from "@lenity/core";
import { budget } from "./budget.ts";
import { tokenGrammar } from "./machine/token-grammar.ts";
import { patternAutomaton } from "./regex/pattern-automaton.ts";
import { atOnce } from "./steps.ts";
import { textMachine } from "./texts/text-machine.ts";

/**
 * The texts that match a regular expression of JavaScript with the flag `u`, from beginning to end. Throws a
 * `LenityError`: `unsupported` for back-references, look-around, word boundaries and modifiers; `invalid_request` for
 * expressions that are malformed, match no text, or need too large an automaton.
 */
export const regexGrammar = (pattern: string, tokenizer: Tokenizer): Required<Grammar> =>
  tokenGrammar(textMachine(atOnce(patternAutomaton(pattern, "whole", budget(), "pattern")), "pattern"), tokenizer);

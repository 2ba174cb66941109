import type { Budget } from "../budget.ts";
import type { Automaton } from "../characters/automaton.ts";
import type { Steps } from "../steps.ts";
import { determinise } from "./determinise.ts";
import { nfaOf } from "./nfa.ts";
import { parsePattern, refused } from "./parse-pattern.ts";

/** Where a pattern has to match: the `whole` text, or some place in it, as for JavaScript and JSON Schema. */
export type Match = "whole" | "somewhere";

/**
 * The texts that match a pattern of ECMAScript with the flag `u`. Throws `invalid_request` for what is no pattern or
 * takes more than the budget, and `unsupported` for back-references, look-around, word boundaries and modifiers.
 */
export function* patternAutomaton(pattern: string, match: Match, budget: Budget, path: string): Steps<Automaton> {
  try {
    const nfa = yield* nfaOf(parsePattern(pattern, path), match === "whole", budget, path);
    return yield* determinise(nfa, budget, path);
  } catch (error) {
    // Functions call themselves at each parenthesis.
    if (error instanceof RangeError) throw refused(path, pattern, "is nested too deeply", "fewer parentheses", error);
    throw error;
  }
}

import { didYouMean, quoted, shown } from "@lenity/core/internal";
import type { Budget } from "../budget.ts";
import { type Automaton, anyText } from "../characters/automaton.ts";
import { both, ofLength } from "../characters/both.ts";
import { patternAutomaton } from "../regex/pattern-automaton.ts";
import type { Steps } from "../steps.ts";
import type { TextRule } from "../texts/text-rule.ts";
import { formats } from "./formats.ts";
import { keywordOf, limits } from "./limits.ts";
import { invalid, member, type Place, unsupported } from "./place.ts";

/** The strings that a schema allows: lengths, pattern and format. */
export function* stringRule(place: Place, budget: Budget): Steps<Omit<TextRule, "id">> {
  const { schema, path } = place;
  const { least, most } = limits(place, ["minLength", "maxLength"]);
  let automaton: Automaton = anyText;
  const pattern = keywordOf(schema, "pattern");
  if (pattern !== undefined) {
    const where = member(path, "pattern");
    if (typeof pattern !== "string") throw invalid(where, `is ${shown(pattern)}; expected a pattern as text.`);
    automaton = yield* patternAutomaton(pattern, "somewhere", budget, where);
  }
  const format = keywordOf(schema, "format");
  if (format !== undefined) {
    const own = yield* formatAutomaton(format, budget, member(path, "format"));
    automaton = yield* both(automaton, own, budget, path);
  }
  // Any text has its length counted, which costs nothing; other texts need a state for each length.
  if (automaton === anyText) return { automaton, exact: false, least, most };
  if (least > 0 || most < Number.POSITIVE_INFINITY) {
    automaton = yield* ofLength(automaton, { least, most }, budget, path);
  }
  if (automaton.states.length === 0) throw invalid(path, "is fulfilled by no string.");
  return { automaton, exact: true, least: 0, most: Number.POSITIVE_INFINITY };
}

function* formatAutomaton(format: unknown, budget: Budget, path: string): Steps<Automaton> {
  if (typeof format !== "string") throw invalid(path, `is ${shown(format)}; expected the name of a format.`);
  const pattern = Object.hasOwn(formats, format) ? formats[format] : undefined;
  if (pattern === undefined) {
    throw unsupported(
      path,
      `${quoted(format)} is not supported; a pattern may say it. ${didYouMean(format, Object.keys(formats))}`,
    );
  }
  return yield* patternAutomaton(pattern, "whole", budget, path);
}

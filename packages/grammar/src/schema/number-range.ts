import { shown } from "@lenity/core/internal";
import type { Bound, NumberRange } from "../json/number-automaton.ts";
import { keywordOf } from "./limits.ts";
import { invalid, member, type Place } from "./place.ts";

/** JavaScript writes larger numbers with a power of ten. */
const largest = 1e21;

/** The numbers that a schema allows. */
export function numberRange(place: Place, integer: boolean): NumberRange {
  const [least, most] = [
    tighter(bound(place, "minimum", false), bound(place, "exclusiveMinimum", true), 1),
    tighter(bound(place, "maximum", false), bound(place, "exclusiveMaximum", true), -1),
  ];
  return { integer, least, most };
}

function bound({ schema, path }: Place, keyword: string, exclusive: boolean): Bound | undefined {
  const value = keywordOf(schema, keyword);
  if (value === undefined) return undefined;
  const where = member(path, keyword);
  if (typeof value !== "number" || !(Math.abs(value) < largest))
    throw invalid(where, `is ${shown(value)}; expected a number below ${largest} in size.`);
  // Beyond, the next number in decimal notation may be the same in floating point.
  if (exclusive && Math.abs(value) > Number.MAX_SAFE_INTEGER)
    throw invalid(where, `is ${value}; expected at most ${Number.MAX_SAFE_INTEGER} in size.`);
  return { value, exclusive };
}

/** The bound that leaves less: the higher one if `sign` is 1, the lower one if it is -1. */
function tighter(a: Bound | undefined, b: Bound | undefined, sign: 1 | -1): Bound | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return sign * (b.value - a.value) >= 0 ? b : a;
}

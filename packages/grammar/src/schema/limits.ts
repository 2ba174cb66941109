import { shown } from "@lenity/core/internal";
import { invalid, member, type Place, type Schema } from "./place.ts";

/** How many of something there may be. */
export interface Limits {
  readonly least: number;
  readonly most: number;
}

/** Two keywords that limit a length or a count. Throws `invalid_request` unless they are whole numbers in order. */
export function limits({ schema, path }: Place, [low, high]: readonly [string, string]): Limits {
  const read = (keyword: string, otherwise: number): number => {
    const value = keywordOf(schema, keyword);
    if (value === undefined) return otherwise;
    if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
    throw invalid(member(path, keyword), `is ${shown(value)}; expected a whole number, 0 or more.`);
  };
  const [least, most] = [read(low, 0), read(high, Number.POSITIVE_INFINITY)];
  if (least > most) throw invalid(path, `has ${low} ${least} above ${high} ${most}, so that nothing fulfils it.`);
  return { least, most };
}

/** What a schema says by a keyword. */
export const keywordOf = (schema: Schema, keyword: string): unknown =>
  typeof schema === "boolean" ? undefined : schema[keyword];

import type * as v from "valibot";
import { counted } from "./excerpt.ts";

const kinds: Readonly<Record<string, string>> = {
  string: "a string",
  number: "a number",
  boolean: "true or false",
  integer: "a whole number",
  array: "an array",
  tuple: "an array",
  strict_tuple: "an array",
  object: "an object",
  loose_object: "an object",
  strict_object: "an object",
  record: "an object",
};

/** What a schema expected, as the end of "expected …"; undefined for custom checks, which have their own message. */
export function expectation({ type, expected, requirement, input }: v.BaseIssue<unknown>): string | undefined {
  const items = (count: unknown) => counted(Number(count), typeof input === "string" ? "character" : "item");
  switch (type) {
    case "min_value":
      return `at least ${requirement}`;
    case "max_value":
      return `at most ${requirement}`;
    case "gt_value":
      return `more than ${requirement}`;
    case "lt_value":
      return `less than ${requirement}`;
    case "non_empty":
      return `at least ${items(1)}`;
    case "min_length":
      return `at least ${items(requirement)}`;
    case "max_length":
      return `at most ${items(requirement)}`;
    case "literal":
    case "picklist":
      return alternatives(expected ?? "");
    default:
      return kinds[type];
  }
}

/** valibot's `("a" | "b" | "c")` as `"a", "b" or "c"`. */
function alternatives(expected: string): string {
  return expected
    .replace(/^\((.*)\)$/, "$1")
    .replaceAll(/ \| (?=.* \| )/g, ", ")
    .replace(" | ", " or ");
}

/** String filters and methods that the package lacks, or in which it differs from Jinja and Python. */
import type { Value } from "./package.ts";
import { firstOf, lastOf, lengthOf, str, strip } from "./python.ts";
import { charactersOf, isList, isMapping, isText, isUndefined, listOf, toValue } from "./values.ts";

/** Applies a filter to a value with positional arguments. Returns undefined to use the package's own filter instead. */
type Filter = (operand: Value, args: readonly Value[], named: boolean) => Value | undefined;

const nothing = toValue(undefined);

/** Jinja's string filters first convert other values to text, as Python's `str` does. */
const asText =
  (change: (text: string) => string): Filter =>
  (operand) =>
    toValue(change(str(operand)));

/** An undefined value has no items and is not an error. */
const ifUndefined =
  (plain: unknown): Filter =>
  (operand) =>
    isUndefined(operand) ? toValue(plain) : undefined;

const end =
  (at: 0 | -1): Filter =>
  (operand) => {
    if (isText(operand)) return operand.value === "" ? nothing : toValue((at === 0 ? firstOf : lastOf)(operand.value));
    if (isList(operand)) return operand.value.at(at) ?? nothing;
    return isUndefined(operand) ? nothing : undefined;
  };

/** Python's `capitalize` converts all but the first letter to lower case. */
function capitalized(text: string): string {
  const first = firstOf(text);
  return first.toUpperCase() + text.slice(first.length).toLowerCase();
}

/** By the names that templates use. */
export const filters: Readonly<Record<string, Filter>> = {
  string: asText((text) => text),
  upper: asText((text) => text.toUpperCase()),
  lower: asText((text) => text.toLowerCase()),
  capitalize: asText(capitalized),
  trim: (operand, [characters], named) => (named ? undefined : toValue(strip(str(operand), charactersIn(characters)))),
  length: (operand) => (isText(operand) ? toValue(lengthOf(operand.value)) : ifUndefined(0)(operand, [], false)),
  first: end(0),
  last: end(-1),
  list: (operand) => {
    if (isText(operand)) return charactersOf(operand.value);
    return isMapping(operand) ? listOf(Array.from(operand.value.keys(), toValue)) : ifUndefined([])(operand, [], false);
  },
  default: (operand, [other = toValue("")], named) => (isUndefined(operand) && !named ? other : undefined),
  join: ifUndefined(""),
  items: ifUndefined([]),
  sort: ifUndefined([]),
  unique: ifUndefined([]),
  map: ifUndefined([]),
  selectattr: ifUndefined([]),
  rejectattr: ifUndefined([]),
};

/** Aliases of filters in Jinja. */
export const synonyms: Readonly<Record<string, string>> = { count: "length", d: "default" };

/** Filters that the package supports only for strings. */
export const forTexts: ReadonlySet<string> = new Set(["title", "replace", "indent"]);

/** Undefined, for Python's default, if the template passes no characters or `none`. */
const charactersIn = (value: Value | undefined): string | undefined =>
  value === undefined || value.type === "NullValue" ? undefined : str(value);

const stripping =
  (ends: "both" | "left" | "right") =>
  (text: string, [characters]: readonly Value[]): Value =>
    toValue(strip(text, charactersIn(characters), ends));

/** Methods of strings. The package's `strip` methods take no arguments, and it lacks the last two. */
export const methods: Readonly<Record<string, (text: string, args: readonly Value[]) => Value>> = {
  strip: stripping("both"),
  lstrip: stripping("left"),
  rstrip: stripping("right"),
  removeprefix: (text, [prefix = nothing]) =>
    toValue(text.startsWith(str(prefix)) ? text.slice(str(prefix).length) : text),
  removesuffix: (text, [suffix = nothing]) =>
    toValue(text.endsWith(str(suffix)) ? text.slice(0, text.length - str(suffix).length) : text),
};

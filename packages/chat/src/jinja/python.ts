/** Values as text, and operations on strings, as in Python: Jinja prints values in Python's notation. */
import type { Value } from "./package.ts";
import { isList, isMapping, isText, isUndefined } from "./values.ts";

/** Python's `str`. */
export function str(value: Value): string {
  if (isText(value)) return value.value;
  return isUndefined(value) ? "" : repr(value);
}

/** Python's `repr`. */
export function repr(value: Value): string {
  if (isText(value)) return quoted(value.value);
  if (isList(value)) {
    const items = value.value.map(repr);
    if (value.type !== "TupleValue") return `[${items.join(", ")}]`;
    return `(${items.join(", ")}${items.length === 1 ? "," : ""})`;
  }
  if (isMapping(value))
    return `{${Array.from(value.value, ([key, item]) => `${quoted(key)}: ${repr(item)}`).join(", ")}}`;
  if (isUndefined(value)) return "Undefined";
  if (value.type === "NullValue") return "None";
  if (value.type === "BooleanValue") return value.value === true ? "True" : "False";
  return value.toString();
}

/** Characters that Python's `repr` escapes, except private-use characters, with which callers mark texts. */
const unprintable = /[\p{Cc}\p{Cf}\p{Cs}\p{Cn}\p{Zl}\p{Zp}]|(?! )\p{Zs}/gu;
const short: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

function quoted(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const escaped = text.replaceAll("\\", "\\\\").replaceAll(quote, `\\${quote}`);
  return (
    quote + escaped.replace(unprintable, (character) => short[character] ?? code(character.codePointAt(0) ?? 0)) + quote
  );
}

function code(point: number): string {
  const [letter, digits] = point < 0x100 ? ["x", 2] : point < 0x10000 ? ["u", 4] : ["U", 8];
  return `\\${letter}${point.toString(16).padStart(digits, "0")}`;
}

/**
 * What `str.strip` removes by default. JavaScript's `trim` differs: it also removes U+FEFF, but not the separators
 * U+001C to U+001F.
 */
const spaces =
  "\t\n\v\f\r\u001c\u001d\u001e\u001f \u0085\u00a0" +
  "\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000";

/** Python's `strip`, `lstrip` and `rstrip`: removes these characters at the ends. */
export function strip(text: string, characters: string = spaces, ends: "both" | "left" | "right" = "both"): string {
  const gone = new Set(characters);
  // Only the ends are read, because texts may be long.
  let [from, to] = [0, text.length];
  for (let first = firstOf(text, from); ends !== "right" && from < to && gone.has(first); first = firstOf(text, from))
    from += first.length;
  for (let last = lastOf(text, to); ends !== "left" && to > from && gone.has(last); last = lastOf(text, to))
    to -= last.length;
  return text.slice(from, to);
}

/** The character that starts at an index; empty after the end of the text. */
export function firstOf(text: string, at = 0): string {
  return at < text.length ? String.fromCodePoint(text.codePointAt(at) as number) : "";
}

/** The character that ends at an index; empty at the start of the text. */
export function lastOf(text: string, end: number = text.length): string {
  const pair = text.slice(Math.max(0, end - 2), end);
  return Array.from(pair).at(-1) ?? "";
}

/** Python's `len`. */
export function lengthOf(text: string): number {
  let length = 0;
  for (let at = 0; at < text.length; at += (text.codePointAt(at) as number) > 0xffff ? 2 : 1) length++;
  return length;
}

import { type CodePoints, everyCharacter } from "../characters/code-points.ts";

/** What an escape, or the beginning of one, may stand for. */
export type Escape =
  /** It is whole. */
  | { readonly code: number }
  /** It still needs this many hexadecimal digits; undefined if it also needs something else. */
  | { readonly codes: CodePoints; readonly digits: number | undefined };

const short: Readonly<Record<string, number>> = {
  '"': 0x22,
  "\\": 0x5c,
  "/": 0x2f,
  b: 0x08,
  f: 0x0c,
  n: 0x0a,
  r: 0x0d,
  t: 0x09,
};

const [high, low, behind] = [0xd800, 0xdc00, 0xe000];

/**
 * Reads the beginning of an escape of JSON (RFC 8259, section 7), from the backslash on. Undefined if it is none. A
 * character beyond U+FFFF is a pair of escapes; a surrogate alone is no character.
 */
export function readEscape(text: string): Escape | undefined {
  if (text === "\\") return { codes: everyCharacter, digits: undefined };
  const code = text.length === 2 ? short[text[1] as string] : undefined;
  if (code !== undefined) return { code };
  const one = readUnit(text.slice(0, 6));
  if (one === undefined) return undefined;
  if (text.length < 6) return ofUnits(one, 6 - text.length);
  if (one.first < high || one.first >= behind) return { code: one.first };
  if (one.first >= low) return undefined;
  const block = 0x1_0000 + (one.first - high) * 0x400;
  const rest = text.slice(6);
  if (rest === "" || rest === "\\") return { codes: [[block, block + 0x3ff]], digits: undefined };
  const two = readUnit(rest);
  if (two === undefined || two.last < low || two.first >= behind) return undefined;
  const [first, last] = [Math.max(two.first, low), Math.min(two.last, behind - 1)].map(
    (unit) => block + unit - low,
  ) as [number, number];
  return rest.length === 6 ? { code: first } : { codes: [[first, last]], digits: undefined };
}

interface Units {
  readonly first: number;
  readonly last: number;
}

/** The UTF-16 units that an escape with `\u` may become. */
function readUnit(text: string): Units | undefined {
  const digits = /^\\u([0-9a-fA-F]{0,4})$/.exec(text)?.[1];
  if (digits === undefined) return undefined;
  const [first, last] = ["0", "f"].map((fill) => Number.parseInt(digits.padEnd(4, fill), 16)) as [number, number];
  return { first, last };
}

/** The characters that begin with one of these units. */
function ofUnits({ first, last }: Units, digits: number): Escape {
  const codes: (readonly [number, number])[] = [];
  if (first < high) codes.push([first, Math.min(last, high - 1)]);
  if (last >= behind) codes.push([Math.max(first, behind), last]);
  const [from, to] = [Math.max(first, high), Math.min(last, low - 1)];
  if (from > to) return { codes, digits: codes.length === 1 && last - first < 0x1000 ? digits : undefined };
  codes.push([0x1_0000 + (from - high) * 0x400, 0x1_0000 + (to - high) * 0x400 + 0x3ff]);
  return { codes, digits: undefined };
}

/** How `JSON.stringify` writes a character. */
export const spelled = (code: number): string => JSON.stringify(String.fromCodePoint(code)).slice(1, -1);

/** The characters that `JSON.stringify` escapes. */
export const escaped: readonly number[] = [...Array.from({ length: 0x20 }, (_, code) => code), 0x22, 0x5c];

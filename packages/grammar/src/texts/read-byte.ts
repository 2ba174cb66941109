import { readEscape, spelled } from "./escapes.ts";
import { able, ableExactly, after, afterAll, mayEnd, type Reading } from "./reading.ts";
import { type Utf8Part, utf8Lead, utf8Next } from "./utf8.ts";

/** A character of which the beginning has been read. */
export type Part =
  | { readonly kind: "bytes"; readonly part: Utf8Part }
  | { readonly kind: "escape"; readonly text: string }
  /** Any bytes of this kind end it in the same way, as many as are missing. */
  | { readonly kind: "any"; readonly of: "bytes" | "digits"; readonly missing: number };

/** Where a text stands: its readings, and what they all share, the part of a character that has been read. */
export interface Spot {
  readonly readings: readonly Reading[];
  readonly part?: Part | undefined;
}

const [quote, backslash, firstPrintable] = [0x22, 0x5c, 0x20];

/** The readings that a quote ends after `count` characters. */
export const endedBy = ({ readings, part }: Spot, byte: number, count: number): readonly Reading[] =>
  part === undefined && byte === quote
    ? readings.filter((reading) => mayEnd(reading) && count >= reading.rule.least)
    : [];

/** Where the text stands after a byte that follows `count` characters; undefined if none of its readings goes on. */
export function readByte({ readings, part }: Spot, byte: number, count: number, inJson: boolean): Spot | undefined {
  const next = part === undefined ? begin(readings, byte, count, inJson) : goOn(readings, part, byte);
  return next === undefined || next.readings.length === 0 ? undefined : next;
}

function begin(readings: readonly Reading[], byte: number, count: number, inJson: boolean): Spot | undefined {
  const longer = readings.filter(({ rule }) => count < rule.most);
  if (inJson && byte === backslash) return readEscaped(longer, "\\");
  if (inJson && (byte < firstPrintable || byte === quote)) return undefined;
  if (byte < 0x80) return { readings: after(longer, byte) };
  const lead = utf8Lead(byte);
  return lead === undefined ? undefined : readUtf8(longer, lead);
}

function goOn(readings: readonly Reading[], part: Part, byte: number): Spot | undefined {
  if (part.kind === "escape") return readEscaped(readings, part.text + String.fromCharCode(byte));
  if (part.kind === "bytes") {
    const next = utf8Next(part.part, byte);
    return next === undefined ? undefined : readUtf8(readings, next);
  }
  if (part.of === "bytes" ? (byte & 0xc0) !== 0x80 : !isDigit(byte)) return undefined;
  return { readings, part: part.missing === 1 ? undefined : { ...part, missing: part.missing - 1 } };
}

const isDigit = (byte: number): boolean => /[0-9a-fA-F]/.test(String.fromCharCode(byte));

function readUtf8(readings: readonly Reading[], part: Utf8Part): Spot {
  const { first, last, missing } = part;
  if (missing === 0) return { readings: after(readings, first) };
  const whole = last - first + 1 === 64 ** missing;
  const same = whole ? afterAll(readings, first, last) : undefined;
  if (same !== undefined) return { readings: same, part: { kind: "any", of: "bytes", missing } };
  return { readings: able(readings, [[first, last]]), part: { kind: "bytes", part } };
}

/** Where the text stands behind an escape or its beginning. */
function readEscaped(readings: readonly Reading[], text: string): Spot | undefined {
  const found = readEscape(text);
  if (found === undefined) return undefined;
  const free = readings.filter(({ rule }) => !rule.exact);
  if ("code" in found) return { readings: after(text === spelled(found.code) ? readings : free, found.code) };
  const exact = ableExactly(
    readings.filter(({ rule }) => rule.exact),
    text,
  );
  const [first, last] = found.codes[0] ?? [1, 0];
  const same = found.digits === undefined || exact.length > 0 ? undefined : afterAll(free, first, last);
  if (same !== undefined)
    return { readings: same, part: { kind: "any", of: "digits", missing: found.digits as number } };
  return { readings: [...exact, ...able(free, found.codes)], part: { kind: "escape", text } };
}

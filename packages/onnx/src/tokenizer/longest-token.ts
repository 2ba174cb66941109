/**
 * How much of a text one token of a tokenizer.json can stand for: what a text must have in tokens at least, before it
 * is encoded.
 */
import type { TokenTexts } from "./token-table.ts";

interface Part {
  readonly type?: unknown;
  readonly [setting: string]: unknown;
}

/**
 * The most bytes of UTF-8 that one token stands for. Undefined where a text may have fewer tokens than that says: where
 * something drops or shortens parts of it (a normaliser, a pre-tokenizer, an added token that takes the spaces beside
 * it), and where one token stands for all that is unknown.
 */
export function longestToken(
  definition: Readonly<Record<string, unknown>>,
  config: Readonly<Record<string, unknown>>,
  { texts, added }: TokenTexts,
): number | undefined {
  const model = (definition["model"] ?? {}) as Part;
  const known = new Set(texts.values());
  const [steps, normalisers] = [
    partsOf(definition["pre_tokenizer"], "pretokenizers"),
    partsOf(definition["normalizer"], "normalizers"),
  ];
  const inLetters = steps.some(({ type }) => type === "ByteLevel");
  const everyByte = inLetters ? byteLetters : model["byte_fallback"] === true ? byteTokens : undefined;
  if (model.type !== "BPE" || everyByte === undefined || !everyByte.every((text) => known.has(text))) return undefined;
  const trims = ((definition["added_tokens"] ?? []) as readonly Part[]).some(
    ({ lstrip, rstrip }) => lstrip === true || rstrip === true,
  );
  if (trims || config["remove_space"] === true || config["do_lowercase_and_remove_accent"] === true) return undefined;
  if (!steps.every(keepsAll) || !normalisers.every(keepsLength)) return undefined;
  let longest = 0;
  for (const [id, text] of texts)
    longest = Math.max(longest, inLetters && !added.has(id) ? text.length : utf8.encode(text).length);
  return normalisers.some(({ type }) => type === "NFC") ? longest * composed : longest;
}

/** NFC makes a text shorter, at most to a third: three letters of Hangul, of three bytes each, become one. */
const composed = 3;

const utf8 = new TextEncoder();

/** GPT-2's letters for the 256 bytes: the printable ones themselves, then those from U+0100 on. */
const byteLetters = Array.from({ length: 324 }, (_, code) => code)
  .filter((code) => code > 255 || (code > 32 && code < 127) || (code > 160 && code !== 173))
  .map((code) => String.fromCharCode(code));

const byteTokens = Array.from({ length: 256 }, (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`);

/** A part, or the parts of a sequence of them. */
function partsOf(part: unknown, list: string): readonly Part[] {
  const given = part as Part | null | undefined;
  if (given === null || given === undefined) return [];
  return given.type === "Sequence" ? (given[list] as readonly unknown[]).flatMap((one) => partsOf(one, list)) : [given];
}

/** Whether a pre-tokenizer hands on every character. */
function keepsAll({ type, pattern, invert, behavior }: Part): boolean {
  if (type === "Split")
    return Object.keys((pattern ?? {}) as object).length > 0 && invert !== true && behavior !== "Removed";
  return type === "ByteLevel" || type === "Digits" || type === "Punctuation" || type === "Metaspace";
}

/** Whether a normaliser makes no text shorter, apart from NFC. */
function keepsLength({ type, pattern, content }: Part): boolean {
  if (type === "NFC" || type === "Prepend") return true;
  const replaced = (pattern as { readonly String?: unknown } | undefined)?.String;
  return (
    type === "Replace" &&
    typeof replaced === "string" &&
    utf8.encode(String(content)).length >= utf8.encode(replaced).length
  );
}

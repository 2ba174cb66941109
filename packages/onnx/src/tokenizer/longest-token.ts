/**
 * How much text one token of a tokenizer.json can cover: gives a lower bound on a text's tokens before it is encoded.
 */
import { byteLetters } from "./byte-letters.ts";
import { type Part, partsOf } from "./parts.ts";
import type { TokenTexts } from "./token-table.ts";

/**
 * The most bytes of UTF-8 that one token covers. Undefined when a text may have fewer tokens than this implies: when
 * something drops or shortens parts of it (a normaliser, a pre-tokenizer, an added token that absorbs adjacent spaces),
 * or when a single unknown token can cover any amount of text.
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

/** NFC makes a text shorter, by at most a factor of three: three Hangul letters of three bytes each become one. */
const composed = 3;

const utf8 = new TextEncoder();

const byteTokens = Array.from({ length: 256 }, (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`);

/** Whether a pre-tokenizer keeps every character. */
function keepsAll({ type, pattern, invert, behavior }: Part): boolean {
  if (type === "Split")
    return Object.keys((pattern ?? {}) as object).length > 0 && invert !== true && behavior !== "Removed";
  return type === "ByteLevel" || type === "Digits" || type === "Punctuation" || type === "Metaspace";
}

/** Whether a normaliser never makes a text shorter, apart from NFC. */
function keepsLength({ type, pattern, content }: Part): boolean {
  if (type === "NFC" || type === "Prepend") return true;
  const replaced = (pattern as { readonly String?: unknown } | undefined)?.String;
  return (
    type === "Replace" &&
    typeof replaced === "string" &&
    utf8.encode(String(content)).length >= utf8.encode(replaced).length
  );
}

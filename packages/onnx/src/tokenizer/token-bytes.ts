/** The bytes of each token of a tokenizer.json, by its decoder. */
import type { Token } from "@lenity/core";
import { byteLetters } from "./byte-letters.ts";
import { type Part, partsOf } from "./parts.ts";
import type { TokenTexts } from "./token-table.ts";

/**
 * A function from tokens to their bytes, for `Tokenizer.bytes`. Undefined if the decoder makes a token's text depend on
 * the tokens beside it (WordPiece, CTC), or is of an unknown type. That a decoder drops the first space of a whole text
 * does not count: tokens here are parts of a longer text.
 */
export function tokenBytes(
  decoder: unknown,
  { texts, added }: TokenTexts,
  special: ReadonlySet<Token>,
): ((token: Token) => Uint8Array | undefined) | undefined {
  const parts = partsOf(decoder, "decoders");
  if (parts.length === 0 || !parts.every(treatsTokensAlone)) return undefined;
  const inLetters = parts.some(({ type }) => type === "ByteLevel");
  return (token) => {
    const text = special.has(token) ? undefined : texts.get(token);
    if (text === undefined) return undefined;
    return inLetters && !added.has(token) ? fromLetters(text) : decoded(text, parts);
  };
}

const utf8 = new TextEncoder();
const byteOf: ReadonlyMap<string, number> = new Map(byteLetters.map((letter, byte) => [letter, byte]));

/** Undefined if a character is not one of the letters: no text is encoded as such a token. */
function fromLetters(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) {
    const byte = byteOf.get(text[at] as string);
    if (byte === undefined) return undefined;
    bytes[at] = byte;
  }
  return bytes;
}

function decoded(text: string, parts: readonly Part[]): Uint8Array {
  let now = text;
  for (const part of parts) {
    const byte = part.type === "ByteFallback" ? /^<0x([0-9A-F]{2})>$/i.exec(now)?.[1] : undefined;
    if (byte !== undefined) return Uint8Array.of(Number.parseInt(byte, 16));
    if (part.type === "Replace") now = now.replaceAll(patternOf(part) as string, String(part["content"]));
    if (part.type === "Metaspace") now = now.replaceAll(String(part["replacement"] ?? "\u2581"), " ");
  }
  return utf8.encode(now);
}

/** Whether a decoder's part treats each token alone, apart from the beginning of the whole text. */
function treatsTokensAlone(part: Part, at: number, parts: readonly Part[]): boolean {
  if (part.type === "Replace") return patternOf(part) !== undefined;
  // Before the tokens are fused, it strips each of them.
  if (part.type === "Strip") return part["stop"] === 0 && parts.slice(0, at).some(({ type }) => type === "Fuse");
  return part.type === "ByteLevel" || part.type === "ByteFallback" || part.type === "Fuse" || part.type === "Metaspace";
}

const patternOf = ({ pattern }: Part): string | undefined =>
  (pattern as { readonly String?: string } | undefined)?.String;

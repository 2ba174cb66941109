/** A vocabulary of the kinds of tokens that large byte-level vocabularies have, in about their shares. */
import type { Random, Token, Tokenizer } from "@lenity/core";

const utf8 = new TextEncoder();
const syllables = [
  "a",
  "in",
  "re",
  "tion",
  "er",
  "o",
  "st",
  "con",
  "al",
  "de",
  "le",
  "an",
  "pro",
  "y",
  "s",
  "ing",
  "ma",
  "k",
];
const marks = [..."{}[]\",:.;()'\\/-_=<>!?*+#@&|`~$%^"];

/**
 * Bytes, words with and without a space before them, marks, runs of white space, numbers, and characters of other
 * scripts, alone, in pairs and cut in the middle. Token 0 is special.
 */
export function syntheticTokenizer(vocabulary: number, random: Random): Tokenizer {
  const texts = new Set<string>(Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte)));
  const pick = <Item>(items: readonly Item[]) => items[Math.floor(random() * items.length)] as Item;
  const several = (most: number, make: () => string) =>
    Array.from({ length: 1 + Math.floor(random() * most) }, make).join("");
  const word = () => {
    const plain = several(4, () => pick(syllables));
    return pick([" ", " ", ""]) + pick([plain, plain, plain[0]?.toUpperCase() + plain.slice(1)]);
  };
  const foreign = () => {
    const character = () =>
      String.fromCodePoint(pick([0x430, 0x5d0, 0x3b1, 0x4e00, 0x4e00, 0xac00]) + Math.floor(random() * 3000));
    const bytes = String.fromCharCode(...utf8.encode(several(3, character)));
    return random() < 0.1 ? bytes.slice(0, -1) : bytes;
  };
  const makers = [
    ...Array.from({ length: 14 }, () => word),
    ...Array.from({ length: 4 }, () => foreign),
    () => several(4, () => pick(marks)),
    () => several(12, () => pick([" ", " ", "\n", "\t"])),
    () => several(3, () => pick([..."0123456789"])),
    () => pick(marks) + word().trimStart(),
  ];
  while (texts.size < vocabulary - 1) texts.add(pick(makers)() + (random() < 0.02 ? pick(marks) : ""));
  const table = Array.from(texts, (text) => Uint8Array.from(text, (letter) => letter.charCodeAt(0)));
  const bytes = (token: Token) => table[token - 1];
  return {
    vocabulary,
    special: new Set([0]),
    bytes,
    encode: (text) => Array.from(utf8.encode(text), (byte) => byte + 1),
    decode: (tokens) => new TextDecoder().decode(Uint8Array.from(tokens.flatMap((token) => [...(bytes(token) ?? [])]))),
  };
}

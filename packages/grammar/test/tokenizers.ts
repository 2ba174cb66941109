/** A tokenizer of bytes and longer pieces, which encodes by taking the longest piece. */
import type { Token, Tokenizer } from "@lenity/core";

const utf8 = new TextEncoder();

/** A text's bytes. */
export const bytesOf = (text: string): Uint8Array => utf8.encode(text);

/**
 * Tokens 0 to 255 are the bytes, then come the pieces, then one special token, `<end>`, and added ones. `encode` reads
 * the added ones where they are spelled.
 */
export function pieceTokenizer(
  pieces: readonly (string | readonly number[])[],
  added: readonly string[] = ["<tool>"],
): Tokenizer {
  const table = [
    ...Array.from({ length: 256 }, (_, byte) => Uint8Array.of(byte)),
    ...pieces.map((piece) => (typeof piece === "string" ? bytesOf(piece) : Uint8Array.from(piece))),
  ];
  const end = table.length;
  const marks = new Map(added.map((text, at) => [end + 1 + at, bytesOf(text)]));
  const longest = [...table.keys()].sort((a, b) => (table[b] as Uint8Array).length - (table[a] as Uint8Array).length);
  for (const [token, text] of marks) table[token] = text;
  const bytes = (token: Token) => (token === end ? undefined : table[token]);
  return {
    vocabulary: end + 1 + added.length,
    special: new Set([end]),
    added: new Set([end, ...marks.keys()]),
    bytes,
    encode(text) {
      const cut = added.map((mark) => [text.indexOf(mark), mark] as const).filter(([at]) => at >= 0);
      const [at, mark] = cut.sort(([a], [b]) => a - b)[0] ?? [];
      if (at !== undefined && mark !== undefined) {
        const token = end + 1 + added.indexOf(mark);
        return [...this.encode(text.slice(0, at)), token, ...this.encode(text.slice(at + mark.length))];
      }
      const all = bytesOf(text);
      const tokens: Token[] = [];
      for (let at = 0; at < all.length; ) {
        const token = longest.find((one) =>
          (table[one] as Uint8Array).every((byte, i) => byte === all[at + i]),
        ) as Token;
        tokens.push(token);
        at += (table[token] as Uint8Array).length;
      }
      return tokens;
    },
    decode(tokens, { special = false } = {}) {
      const shown = (token: Token) => bytes(token) ?? (special ? bytesOf("<end>") : []);
      return new TextDecoder().decode(Uint8Array.from(tokens.flatMap((token) => [...shown(token)])));
    },
  };
}

/** Pieces that cross the parts of JSON, and the borders of characters. */
export const jsonPieces: readonly (string | readonly number[])[] = [
  ...['{"', '":', '": ', '", "', '"}', '"]', "},", "}]", "]}", "[[", "{}", "[]", "[1", "12", "-1", "1.", "e+", "E5"],
  ...["true", "fal", "se", "null", " ", "  ", "\n  ", "\t\t", "ab", "abc", "name", 'na"', "\\", '\\"', "\\u", "\\u00"],
  ...[
    "é",
    "日本",
    "🎉",
    "\\ud83d",
    "udc",
    "00",
    "fff",
    '"a":',
    ',"b',
    "a\\n",
    '"name":"',
    "2024-",
    ":00",
    "a@b",
    "x.y",
  ],
  ...[
    [0xc3],
    [0xe6, 0x97],
    [0xa5, 0xe6],
    [0xf0, 0x9f],
    [0x8e, 0x89, 0x22],
    [0x61, 0xc3],
    [0xa9, 0x22, 0x2c],
    [0xff],
    [0xed, 0xa0],
  ],
];

/**
 * A byte-level BPE tokenizer (Sennrich et al., 1508.07909; byte alphabet as in GPT-2), written as a Hugging Face
 * `tokenizer.json`.
 */

/** Words keep their leading space. Each digit is separate, so that numbers are read and written digit by digit. */
const pattern = "\\p{N}| ?\\p{L}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";

/** The words of a text, as the tokenizer splits it. */
export const pieces = (text: string): string[] => text.match(new RegExp(pattern, "gu")) ?? [];

/** GPT-2's reversible map from bytes to printable characters. */
function byteCharacters(): string[] {
  const printable = (byte: number) => (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => String.fromCodePoint(printable(byte) ? byte : next++));
}

/**
 * Learns merges until the vocabulary has `size` entries: special tokens first, then bytes, then merges in order of
 * frequency.
 */
export function trainTokenizer(texts: Iterable<string>, special: readonly string[], size: number): object {
  const characters = byteCharacters();
  const counts = new Map<string, number>();
  for (const text of texts) {
    for (const word of pieces(text)) counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  const words = [...counts].map(([word, count]) => ({
    parts: [...new TextEncoder().encode(word)].map((byte) => characters[byte] as string),
    count,
  }));

  const vocabulary = [...special, ...characters];
  const merges: [string, string][] = [];
  while (vocabulary.length < size) {
    const pairs = new Map<string, number>();
    for (const { parts, count } of words) {
      for (let i = 1; i < parts.length; i++) {
        const pair = `${parts[i - 1]} ${parts[i]}`;
        pairs.set(pair, (pairs.get(pair) ?? 0) + count);
      }
    }
    let best = "";
    let most = 0;
    for (const [pair, count] of pairs)
      if (count > most || (count === most && pair < best)) [best, most] = [pair, count];
    if (most < 2) break;
    const [left, right] = best.split(" ") as [string, string];
    merges.push([left, right]);
    vocabulary.push(left + right);
    for (const word of words) {
      for (let i = 0; i + 1 < word.parts.length; i++) {
        if (word.parts[i] === left && word.parts[i + 1] === right) word.parts.splice(i, 2, left + right);
      }
    }
  }
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: special.map((content, id) => ({
      id,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: null,
    pre_tokenizer: {
      type: "Sequence",
      pretokenizers: [
        { type: "Split", pattern: { Regex: pattern }, behavior: "Isolated", invert: false },
        { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: false },
      ],
    },
    post_processor: null,
    decoder: { type: "ByteLevel", add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      type: "BPE",
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab: Object.fromEntries(vocabulary.map((token, id) => [token, id])),
      merges,
    },
  };
}

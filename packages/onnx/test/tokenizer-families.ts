/**
 * Small tokenizers in the shapes of the families that models come with: tokenizer.json as Hugging Face writes it, with
 * few tokens.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { standIns } from "../src/testing/random-tokenizer.ts";

/** Pieces of text whose bytes are merged, some of them across the borders of characters. */
const pieces = [" the", " a", "he", "ll", " 👩", "\u200d👩", "é", "日本", "🎉", " e\u0301", "  ", "\n\n", "'s", "12"];
/** Bytes merged into one token: the end of one character with the beginning of the next. */
const halves = [
  [0xa5, 0xe6],
  [0x9f, 0x8e],
  [0x80, 0x8d, 0xf0],
];

export const controls: readonly string[] = ["<s>", "</s>", "<|im_start|>", "<|im_end|>"];

const added = (contents: readonly string[], from: number, special: boolean) =>
  contents.map((content, i) => ({
    id: from + i,
    content,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special,
  }));

const bpe = (vocab: Record<string, number>, merges: readonly string[][], more: object = {}) => ({
  model: { type: "BPE", dropout: null, unk_token: null, fuse_unk: false, byte_fallback: false, vocab, merges, ...more },
});

/** Merges that build this word from its symbols, left to right, and every intermediate. */
function build(word: readonly string[], vocab: Record<string, number>, merges: string[][]): void {
  let left = word[0] as string;
  for (const right of word.slice(1)) {
    if (!Object.hasOwn(vocab, left + right)) {
      merges.push([left, right]);
      vocab[left + right] = Object.keys(vocab).length;
    }
    left += right;
  }
}

function byteLevel(preTokenizer: object, normalizer: object | null): object {
  const vocab: Record<string, number> = {};
  for (const letter of standIns) vocab[letter] = Object.keys(vocab).length;
  const merges: string[][] = [];
  const bytes = [...pieces.map((piece) => [...new TextEncoder().encode(piece)]), ...halves];
  for (const word of bytes)
    build(
      word.map((byte) => standIns[byte] as string),
      vocab,
      merges,
    );
  const size = Object.keys(vocab).length;
  return {
    added_tokens: [...added(controls, size, true), ...added(["<tool>"], size + controls.length, false)],
    normalizer,
    pre_tokenizer: preTokenizer,
    post_processor: null,
    decoder: { type: "ByteLevel", add_prefix_space: true, trim_offsets: true, use_regex: true },
    ...bpe(vocab, merges),
  };
}

const bytesOnly = { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: false };
const splitAnd = (regex: string) => ({
  type: "Sequence",
  pretokenizers: [{ type: "Split", pattern: { Regex: regex }, behavior: "Isolated", invert: false }, bytesOnly],
});
const llama3 =
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

const underscore = "\u2581";
const toSpaces = { type: "Replace", pattern: { String: underscore }, content: " " };
const toUnderscores = { type: "Replace", pattern: { String: " " }, content: underscore };
const fallback = [toSpaces, { type: "ByteFallback" }, { type: "Fuse" }];

/** SentencePiece's BPE: ▁ for spaces, and a token for every byte that stands in for characters without one. */
function sentencePiece(normalizer: object | null, preTokenizer: object | null, decoder: object): object {
  const vocab: Record<string, number> = { "<unk>": 0, "<s>": 1, "</s>": 2 };
  const add = (text: string) => {
    if (!Object.hasOwn(vocab, text)) vocab[text] = Object.keys(vocab).length;
  };
  for (let byte = 0; byte < 256; byte++) add(`<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`);
  for (const letter of `${underscore}abcdehlost .,'1é日`) add(letter);
  const merges: string[][] = [];
  for (const word of ["▁the", "▁a", "▁▁", "▁▁▁▁", "hello", "es", "▁日"]) build([...word], vocab, merges);
  const size = Object.keys(vocab).length;
  return {
    added_tokens: [
      ...added(["<unk>", "<s>", "</s>"], 0, true),
      ...added(controls.slice(2), size, true),
      ...added(["<tool>"], size + 2, false),
    ],
    normalizer,
    pre_tokenizer: preTokenizer,
    post_processor: null,
    decoder,
    ...bpe(vocab, merges, { unk_token: "<unk>", fuse_unk: true, byte_fallback: true }),
  };
}

const strip = { type: "Strip", content: " ", start: 1, stop: 0 };

/** Unigram with Metaspace at both ends. */
function unigram(): object {
  const texts = ["<pad>", "</s>", "<unk>", underscore, "▁the", "▁a", "▁hello", "he", "ll", "o", ..."abcdelst.,'1é日🎉"];
  const metaspace = { type: "Metaspace", replacement: underscore, prepend_scheme: "always", split: true };
  return {
    added_tokens: [...added(["<pad>", "</s>", "<unk>"], 0, true), ...added(["<tool>"], texts.length, false)],
    normalizer: null,
    pre_tokenizer: metaspace,
    post_processor: null,
    decoder: metaspace,
    model: { type: "Unigram", unk_id: 2, vocab: texts.map((text, i) => [text, -i / 4]), byte_fallback: false },
  };
}

/** Tokenizer definitions by whose style they are in. */
export const families: Readonly<Record<string, object>> = {
  "GPT-2 and SmolLM2": byteLevel({ ...bytesOnly, use_regex: true }, null),
  "Llama 3": byteLevel(splitAnd(llama3), null),
  "Qwen 2": byteLevel(splitAnd(llama3.replace("{1,3}", "")), { type: "NFC" }),
  "Llama 2 and TinyLlama": sentencePiece(
    { type: "Sequence", normalizers: [{ type: "Prepend", prepend: underscore }, toUnderscores] },
    null,
    { type: "Sequence", decoders: [...fallback, strip] },
  ),
  Mistral: sentencePiece(
    null,
    { type: "Metaspace", replacement: underscore, prepend_scheme: "first", split: false },
    { type: "Sequence", decoders: [...fallback, strip] },
  ),
  Gemma: sentencePiece(toUnderscores, null, { type: "Sequence", decoders: fallback }),
  T5: unigram(),
};

/** Writes the tokenizer.json of a family. */
export async function writeFamily(dir: string, family: string): Promise<void> {
  await mkdir(dir, { recursive: true });
  await writeFile(join(dir, "tokenizer.json"), JSON.stringify({ version: "1.0", ...families[family] }));
}

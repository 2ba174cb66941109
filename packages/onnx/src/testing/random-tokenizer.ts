/** A byte-level BPE tokenizer whose merges split characters, which text streams must handle. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** GPT-2's printable character for each byte. */
export const standIns: readonly string[] = (() => {
  const printable = (byte: number) => (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(printable(byte) ? byte : next++));
})();

/** Pieces of text, each cut into bytes; merging them crosses character boundaries. */
const merged = [
  [0xf0, 0x9f],
  [0xe6, 0x97],
  [0xa5, 0xe6],
  [0xc3, 0xa9],
  [0x20, 0x74],
  [0x68, 0x65],
  [0x20, 0x61],
  [0x80, 0x8d],
];

export const special: readonly string[] = ["<|end|>", "<|user|>"];

/** Writes tokenizer.json: specials first, then 256 bytes, then merges, then an added token that is not special. */
export async function writeTokenizer(dir: string, settings?: Record<string, unknown>): Promise<void> {
  await mkdir(dir, { recursive: true });
  const vocab: Record<string, number> = {};
  let id = special.length;
  for (const letter of standIns) vocab[letter] = id++;
  const merges = merged.map((pair) => pair.map((byte) => standIns[byte] as string));
  for (const pair of merges) vocab[pair.join("")] = id++;
  const added = (content: string, at: number, isSpecial: boolean) => ({
    id: at,
    content,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: isSpecial,
  });
  const tokenizer = {
    version: "1.0",
    added_tokens: [...special.map((content, at) => added(content, at, true)), added("<tool>", id, false)],
    normalizer: null,
    pre_tokenizer: { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: true },
    post_processor: null,
    decoder: { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: true },
    model: { type: "BPE", dropout: null, unk_token: null, fuse_unk: false, byte_fallback: false, vocab, merges },
  };
  await writeFile(join(dir, "tokenizer.json"), JSON.stringify(tokenizer));
  if (settings !== undefined) await writeFile(join(dir, "tokenizer_config.json"), JSON.stringify(settings));
}

/**
 * Writes a tokenizer.json with one token per text, ids in order; undefined leaves a gap. Added tokens have explicit
 * ids.
 */
export async function writeTexts(
  dir: string,
  texts: readonly (string | undefined)[],
  added: Readonly<Record<number, string>> = {},
  special = true,
): Promise<void> {
  const vocab = Object.fromEntries(texts.flatMap((text, id) => (text === undefined ? [] : [[text, id]])));
  const flags = { single_word: false, lstrip: false, rstrip: false, normalized: false, special };
  const tokenizer = {
    version: "1.0",
    added_tokens: Object.entries(added).map(([id, content]) => ({ id: Number(id), content, ...flags })),
    normalizer: null,
    pre_tokenizer: null,
    post_processor: null,
    decoder: { type: "Fuse" },
    model: { type: "BPE", dropout: null, unk_token: null, fuse_unk: false, byte_fallback: false, vocab, merges: [] },
  };
  await mkdir(dir, { recursive: true });
  await writeFile(join(dir, "tokenizer.json"), JSON.stringify(tokenizer));
}

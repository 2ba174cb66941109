import type { Token } from "@lenity/core";
import { isMarkByte, type Mark } from "../tokens/marks.ts";
import type { TokenTrie } from "../tokens/token-trie.ts";
import type { Vocabulary } from "../tokens/vocabulary.ts";
import { type State, step } from "./state.ts";

/** The most bytes of forced text that are looked for at once. */
const most = 512;

/**
 * The tokens of the text that must follow a state, as the tokenizer writes it. Ends before the first token in whose
 * place a longer one could stand that goes on into what is not forced. Empty if there is a choice.
 */
export function forcedTokens(vocabulary: Vocabulary, state: State, spaces: number): Token[] {
  const { text, end } = forcedText(state, spaces);
  const tokens = text.length === 0 ? [] : encoded(vocabulary, text);
  let at = 0;
  for (const [index, token] of tokens.entries()) {
    if (canGoOn(vocabulary.trie, text.subarray(at), end, spaces)) return tokens.slice(0, index);
    at += (vocabulary.bytes(token) as Uint8Array).length;
  }
  return tokens;
}

interface Forced {
  /** Whole characters. */
  readonly text: Uint8Array;
  readonly end: State;
}

function forcedText(start: State, spaces: number): Forced {
  const bytes: number[] = [];
  let forced: Forced = { text: new Uint8Array(), end: start };
  /** Bytes that the current character still needs. */
  let missing = 0;
  for (let state = start; bytes.length < most; ) {
    if (state.outer === undefined && state.frame.accepting) break;
    const [byte, next] = onlyStep(state, spaces) ?? [];
    if (byte === undefined || next === undefined) break;
    const continues = (byte & 0xc0) === 0x80;
    // The state was within a character; its rest is no text.
    if (continues && missing === 0) break;
    missing = continues ? missing - 1 : bytesAfter(byte);
    bytes.push(byte);
    state = next;
    if (missing === 0) forced = { text: Uint8Array.from(bytes), end: state };
  }
  return forced;
}

/** How many bytes of its character follow the first one. */
const bytesAfter = (first: number): number =>
  first < 0x80 || isMarkByte(first) ? 0 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;

/** The only legal byte and the state after it; undefined if there are several. */
function onlyStep(state: State, spaces: number): readonly [number, State] | undefined {
  let only: readonly [number, State] | undefined;
  for (let byte = 0; byte < 256; byte++) {
    const next = step(state, byte, spaces);
    if (next === undefined) continue;
    if (only !== undefined) return undefined;
    only = [byte, next];
  }
  return only;
}

const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

/** The text of bytes in which marks have one byte each. */
function textOf(bytes: Uint8Array, marks: readonly Mark[]): string {
  let [text, from] = ["", 0];
  for (const [at, byte] of bytes.entries()) {
    const mark = isMarkByte(byte) ? marks.find((one) => one.byte === byte) : undefined;
    if (mark === undefined) continue;
    text += utf8.decode(bytes.subarray(from, at)) + mark.text;
    from = at + 1;
  }
  return text + utf8.decode(bytes.subarray(from));
}

/** The text's tokens, as in the middle of a text; empty if the tokenizer writes something else than the text. */
function encoded({ tokenizer, bytes, marks }: Vocabulary, text: Uint8Array): Token[] {
  // SentencePiece puts a space before a text; then the tokens behind a line feed are those of the text alone.
  for (const before of ["", "\n"]) {
    const tokens = tokenizer.encode(before + textOf(text, marks));
    let left = text.length;
    for (let index = tokens.length - 1; index >= 0 && left > 0; index--) {
      const own = bytes(tokens[index] as Token);
      if (own === undefined || own.length > left) break;
      left -= own.length;
      if (!own.every((byte, at) => byte === text[left + at])) break;
      if (left === 0 && (before !== "" || index === 0)) return tokens.slice(index);
    }
  }
  return [];
}

/** Whether some token begins with all of these bytes and goes on legally from the state behind them. */
function canGoOn(trie: TokenTrie, bytes: Uint8Array, end: State, spaces: number): boolean {
  let [from, to] = [0, trie.size];
  for (const byte of bytes) {
    while (from < to && trie.byte[from] !== byte) from = trie.end[from] as number;
    if (from >= to) return false;
    [from, to] = [from + 1, trie.end[from] as number];
  }
  const path: State[] = [end];
  for (let node = from; node < to; ) {
    const at = (trie.depth[node] as number) - bytes.length;
    const next = step(path[at - 1] as State, trie.byte[node] as number, spaces);
    if (next === undefined) node = trie.end[node] as number;
    else {
      if (trie.first[node] !== trie.first[node + 1]) return true;
      path[at] = next;
      node++;
    }
  }
  return false;
}

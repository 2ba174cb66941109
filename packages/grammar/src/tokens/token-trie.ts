import type { Token } from "@lenity/core";
import type { Steps } from "../steps.ts";

/**
 * The tokens of a vocabulary by their bytes, as a tree in flat arrays. A node is a beginning of tokens; nodes are in
 * the order of a depth-first walk, so that skipping a subtree is one jump.
 */
export interface TokenTrie {
  /** The number of nodes. The root, the empty beginning, is not one of them. */
  readonly size: number;
  /** By node: its last byte. */
  readonly byte: Uint8Array;
  /** By node: how many bytes it has, 1 or more. */
  readonly depth: Uint16Array;
  /** By node: the first node behind its subtree. */
  readonly end: Uint32Array;
  /** By node: where its own tokens begin in `tokens`. They end where those of the next node begin. */
  readonly first: Uint32Array;
  readonly tokens: Uint32Array;
  /** The most bytes in a token. */
  readonly deepest: number;
}

/** Tokens between two steps. */
const pace = 256;

/** A token's bytes as a string with a character per byte, which engines sort and compare fast. */
interface Word {
  readonly text: string;
  readonly token: Token;
}

/** The tree of these tokens, each of which has 1 to 65 535 bytes. */
export function* tokenTrie(given: Iterable<readonly [Token, Uint8Array]>): Steps<TokenTrie> {
  const words = yield* sorted(given);
  const most = words.reduce((sum, { text }) => sum + text.length, 0);
  const [byte, depth, end] = [new Uint8Array(most), new Uint16Array(most), new Uint32Array(most)];
  const first = new Uint32Array(most + 1);
  const tokens = Uint32Array.from(words, ({ token }) => token);
  /** The node of each beginning of the word before, by its length less one. */
  const path: number[] = [];
  let size = 0;
  let before = "";
  for (const [at, { text }] of words.entries()) {
    if (at % pace === 0) yield;
    const shared = sharedLength(before, text);
    while (path.length > shared) end[path.pop() as number] = size;
    for (let length = shared; length < text.length; length++) {
      byte[size] = text.charCodeAt(length);
      depth[size] = length + 1;
      first[size] = at;
      path.push(size++);
    }
    before = text;
  }
  while (path.length > 0) end[path.pop() as number] = size;
  first[size] = words.length;
  const deepest = depth.reduce((most, length) => Math.max(most, length), 0);
  const cut = { byte: byte.slice(0, size), depth: depth.slice(0, size), end: end.slice(0, size) };
  return { size, ...cut, first: first.slice(0, size + 1), tokens, deepest };
}

/** The tokens by their bytes. Those with the same two first bytes are sorted in one step. */
function* sorted(given: Iterable<readonly [Token, Uint8Array]>): Steps<Word[]> {
  const groups = new Map<number, Word[]>();
  let count = 0;
  for (const [token, bytes] of given) {
    if (count++ % pace === 0) yield;
    const beginning = (bytes[0] as number) * 257 + (bytes.length > 1 ? 1 + (bytes[1] as number) : 0);
    const word = { text: String.fromCharCode(...bytes), token };
    const group = groups.get(beginning);
    if (group === undefined) groups.set(beginning, [word]);
    else group.push(word);
  }
  const words: Word[] = [];
  for (const [, group] of [...groups].sort(([a], [b]) => a - b)) {
    group.sort((a, b) => (a.text < b.text ? -1 : a.text > b.text ? 1 : a.token - b.token));
    for (const word of group) words.push(word);
    yield;
  }
  return words;
}

function sharedLength(a: string, b: string): number {
  let length = 0;
  while (length < a.length && length < b.length && a.charCodeAt(length) === b.charCodeAt(length)) length++;
  return length;
}

import { packTokens, type TokenSet, writeTokens } from "../tokens/token-set.ts";
import type { TokenTrie } from "../tokens/token-trie.ts";
import type { Vocabulary } from "../tokens/vocabulary.ts";
import type { Closed, Frame } from "./frame.ts";
import { resumed, type State } from "./state.ts";
import { addNode, type Exit, walk } from "./walk.ts";

/** What is legal as long as the level stays open, whatever is around it, and which tokens close it. */
interface Level {
  readonly tokens: TokenSet;
  readonly exits: readonly Exit[];
}

/** Bytes of kept levels at which all are dropped, and what each takes with its frame, besides its tokens and exits. */
const [most, base] = [8 * 2 ** 20, 4096];

/**
 * Writes the legal tokens of states. The tokens that do not close the state's level are the same whatever is around it,
 * so they are kept by frame; only those that close it are followed on for each state.
 */
export function maskWriter({ trie, words }: Vocabulary, spaces: number): (state: State, out: Uint32Array) => void {
  const kept = new Map<Frame, Map<string, Level>>();
  let bytes = 0;

  const levelOf = (state: State): Level => {
    let levels = kept.get(state.frame);
    const key = keyOf(state, trie, spaces);
    const found = levels?.get(key);
    if (found !== undefined) return found;
    const mask = new Uint32Array(words);
    const exits: Exit[] = [];
    walk({ trie, spaces, mask, exits }, { ...state, outer: undefined }, 0, trie.size);
    const level = { tokens: packTokens(mask), exits };
    bytes += base + sizeOf(level.tokens) + 40 * exits.length;
    if (bytes > most) {
      kept.clear();
      bytes = 0;
      levels = undefined;
    }
    if (levels === undefined) kept.set(state.frame, (levels = new Map()));
    levels.set(key, level);
    return level;
  };

  return (state, mask) => {
    const { tokens, exits } = levelOf(state);
    writeTokens(mask, tokens);
    if (state.outer === undefined) return;
    const after = new Map<Closed, State | undefined>();
    for (const { node, closed } of exits) {
      if (!after.has(closed)) after.set(closed, resumed(state.outer, closed));
      const next = after.get(closed);
      if (next === undefined) continue;
      addNode(trie, node, mask);
      walk({ trie, spaces, mask }, next, node + 1, trie.end[node] as number);
    }
  };
}

/** Tells states of a frame apart where they may differ within the longest token. */
function keyOf({ frame, count, space }: State, { deepest }: TokenTrie, spaces: number): string {
  let key = spaces === 0 ? "" : `${Math.min(spaces - space, deepest)}`;
  for (const threshold of frame.thresholds) key += `,${Math.max(0, Math.min(threshold - count, deepest + 1))}`;
  return key;
}

const sizeOf = (set: TokenSet): number => ("list" in set ? set.list.byteLength : set.bits.byteLength);

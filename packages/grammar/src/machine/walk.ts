import { addToken } from "../tokens/token-set.ts";
import type { TokenTrie } from "../tokens/token-trie.ts";
import type { Closed } from "./frame.ts";
import { moveOf } from "./moves.ts";
import { type State, step } from "./state.ts";

/** A beginning of tokens that closes the level in which the walk began. */
export interface Exit {
  /** The node of the trie. */
  readonly node: number;
  readonly closed: Closed;
}

export interface Walk {
  readonly trie: TokenTrie;
  readonly spaces: number;
  /** Gets the legal tokens. */
  readonly mask: Uint32Array;
  /** Gets the exits, if wanted. */
  readonly exits?: Exit[] | undefined;
}

/** Adds to the mask the tokens with nodes in `from` ≤ node < `to`, siblings and their subtrees, that are legal. */
export function walk({ trie, spaces, mask, exits }: Walk, start: State, from: number, to: number): void {
  const { byte, depth, end } = trie;
  if (from >= to) return;
  const above = (depth[from] as number) - 1;
  /** The state at each node of the path to the current one. */
  const path: State[] = [start];
  for (let node = from; node < to; ) {
    const at = (depth[node] as number) - above;
    const state = path[at - 1] as State;
    const next = step(state, byte[node] as number, spaces);
    if (next === undefined) {
      if (exits !== undefined && state.outer === undefined) {
        const move = moveOf(state.frame, byte[node] as number, state.count);
        if (move?.kind === "close") exits.push({ node, closed: move.closed });
      }
      node = end[node] as number;
    } else {
      path[at] = next;
      addNode(trie, node, mask);
      node++;
    }
  }
}

/** Adds the tokens that end at a node. */
export function addNode({ first, tokens }: TokenTrie, node: number, mask: Uint32Array): void {
  const end = first[node + 1] as number;
  for (let at = first[node] as number; at < end; at++) addToken(mask, tokens[at] as number);
}

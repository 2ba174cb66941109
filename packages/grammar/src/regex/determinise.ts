import type { Budget } from "../budget.ts";
import type { Automaton } from "../characters/automaton.ts";
import { explore, type Way } from "../characters/explore.ts";
import type { Nfa, NfaNode } from "./nfa.ts";

/** The nodes where a text may have led to, sorted; only those that read, need the end, or are the end. */
interface Place {
  readonly nodes: readonly number[];
  /** Whether nothing has been read. */
  readonly begins: boolean;
}

/** The deterministic automaton of an expression (the subset construction). */
export function determinise(nfa: Nfa, budget: Budget, path: string): Automaton {
  return explore<Place>(
    {
      start: { nodes: reached(nfa, [nfa.start], { start: true, end: false }, budget, path), begins: true },
      key: ({ nodes, begins }) => `${begins ? "^" : ""}${nodes.join()}`,
      accepting: ({ nodes, begins }) =>
        reached(nfa, nodes, { start: begins, end: true }, budget, path).includes(nfa.end),
      arrows: ({ nodes }) => ways(nfa, nodes, budget, path),
    },
    budget,
    path,
  );
}

/** The nodes that are reached without reading. */
function reached(
  { nodes, end }: Nfa,
  from: readonly number[],
  at: { readonly start: boolean; readonly end: boolean },
  budget: Budget,
  path: string,
): number[] {
  const seen = new Set(from);
  for (const index of seen) {
    const { empty, atStart, atEnd } = nodes[index] as NfaNode;
    budget.spend(1 + empty.length, path);
    for (const next of empty) seen.add(next);
    if (at.start) for (const next of atStart) seen.add(next);
    if (at.end) for (const next of atEnd) seen.add(next);
  }
  const matters = (index: number) => {
    const { read, atEnd } = nodes[index] as NfaNode;
    return index === end || read.length > 0 || atEnd.length > 0;
  };
  return [...seen].filter(matters).sort((a, b) => a - b);
}

/** A place where the nodes that can be read to change. */
interface Border {
  readonly at: number;
  readonly to: number;
  readonly begins: boolean;
}

function ways(nfa: Nfa, from: readonly number[], budget: Budget, path: string): Way<Place>[] {
  const borders: Border[] = [];
  for (const index of from) {
    for (const { set, to } of (nfa.nodes[index] as NfaNode).read) {
      budget.spend(2 * set.length, path);
      for (const [first, last] of set)
        borders.push({ at: first, to, begins: true }, { at: last + 1, to, begins: false });
    }
  }
  borders.sort((a, b) => a.at - b.at);
  /** How many of the ranges around the current place lead to a node. */
  const open = new Map<number, number>();
  const places = new Map<string, Place>();
  const found: Way<Place>[] = [];
  for (const [index, { at, to, begins }] of borders.entries()) {
    const count = (open.get(to) ?? 0) + (begins ? 1 : -1);
    if (count > 0) open.set(to, count);
    else open.delete(to);
    const next = borders[index + 1]?.at ?? at;
    if (next === at || open.size === 0) continue;
    budget.spend(open.size, path);
    const key = [...open.keys()].sort((a, b) => a - b).join();
    let place = places.get(key);
    if (place === undefined) {
      place = { nodes: reached(nfa, [...open.keys()], { start: false, end: false }, budget, path), begins: false };
      places.set(key, place);
    }
    found.push({ first: at, last: next - 1, to: place });
  }
  return found;
}

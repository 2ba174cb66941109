import type { Budget } from "../budget.ts";
import type { Automaton } from "../characters/automaton.ts";
import { explore } from "../characters/explore.ts";
import type { Steps } from "../steps.ts";
import type { Nfa, NfaNode } from "./nfa.ts";

/** The nodes where a text may have led to, sorted; only those that read, need the end, or are the end. */
interface Place {
  readonly nodes: readonly number[];
  /** Whether nothing has been read. */
  readonly begins: boolean;
}

/** The deterministic automaton of an expression (the subset construction). */
export function determinise(nfa: Nfa, budget: Budget, path: string): Steps<Automaton> {
  return explore<Place>(
    {
      alphabet: nfa.alphabet,
      start: { nodes: reached(nfa, [nfa.start], { start: true, end: false }, budget, path), begins: true },
      key: ({ nodes, begins }) => `${begins ? "^" : ""}${nodes.join()}`,
      accepting: ({ nodes, begins }) =>
        reached(nfa, nodes, { start: begins, end: true }, budget, path).includes(nfa.end),
      next: ({ nodes }) => next(nfa, nodes, budget, path),
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

function* next(nfa: Nfa, from: readonly number[], budget: Budget, path: string): Generator<readonly [number, Place]> {
  const targets = new Map<number, Set<number>>();
  for (const index of from) {
    for (const { letters, to } of (nfa.nodes[index] as NfaNode).read) {
      budget.spend(letters.length, path);
      for (const letter of letters) {
        const set = targets.get(letter);
        if (set === undefined) targets.set(letter, new Set([to]));
        else set.add(to);
      }
    }
  }
  for (const [letter, set] of targets) {
    yield [letter, { nodes: reached(nfa, [...set], { start: false, end: false }, budget, path), begins: false }];
  }
}

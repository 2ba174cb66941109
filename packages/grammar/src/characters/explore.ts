import type { Budget } from "../budget.ts";
import type { Steps } from "../steps.ts";
import type { Alphabet } from "./alphabet.ts";
import type { Automaton, AutomatonState } from "./automaton.ts";

/** An automaton that is described by functions instead of a list of states. */
export interface Description<State> {
  readonly alphabet: Alphabet;
  readonly start: State;
  /** Equal for equal states only. */
  key(state: State): string;
  accepting(state: State): boolean;
  /** The letters on which there is a way on, each once, and the states after them. */
  next(state: State): Iterable<readonly [letter: number, state: State]>;
}

/** Lists the states that can be reached from the start and lead to an accepting one. */
export function* explore<State>(described: Description<State>, budget: Budget, path: string): Steps<Automaton> {
  const { alphabet, key, accepting, start } = described;
  const numbers = new Map<string, number>();
  const found: State[] = [];
  const numberOf = (state: State): number => {
    const name = key(state);
    let number = numbers.get(name);
    if (number === undefined) {
      number = found.push(state) - 1;
      numbers.set(name, number);
    }
    return number;
  };
  numberOf(start);
  const states: AutomatonState[] = [];
  for (const state of found) {
    const next = new Map(Array.from(described.next(state), ([letter, to]) => [letter, numberOf(to)]));
    budget.spend(5 + 2 * next.size, path);
    states.push({ accepting: accepting(state), next });
    if (budget.due()) yield;
  }
  return { alphabet, states: yield* withoutDeadEnds(states) };
}

/** States between two pauses. */
const pace = 128;

function* withoutDeadEnds(states: readonly AutomatonState[]): Steps<AutomatonState[]> {
  const from: number[][] = states.map(() => []);
  for (const [at, { next }] of states.entries()) {
    for (const to of new Set(next.values())) from[to]?.push(at);
    if (at % pace === 0) yield;
  }
  const alive = new Set<number>(states.flatMap(({ accepting }, at) => (accepting ? [at] : [])));
  for (const at of alive) {
    for (const before of from[at] as number[]) alive.add(before);
    if (at % pace === 0) yield;
  }
  if (!alive.has(0)) return [];
  const numbers = new Map([...alive].sort((a, b) => a - b).map((old, number) => [old, number]));
  const left: AutomatonState[] = [];
  for (const old of numbers.keys()) {
    const { accepting, next } = states[old] as AutomatonState;
    const kept = [...next].flatMap(([letter, to]): [number, number][] => {
      const number = numbers.get(to);
      return number === undefined ? [] : [[letter, number]];
    });
    left.push({ accepting, next: new Map(kept) });
    if (old % pace === 0) yield;
  }
  return left;
}

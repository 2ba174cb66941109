import type { Budget } from "../budget.ts";
import type { Arrow, Automaton, AutomatonState } from "./automaton.ts";

/** An automaton that is described by a function instead of a list of states. */
export interface Description<State> {
  readonly start: State;
  /** Equal for equal states only. */
  key(state: State): string;
  accepting(state: State): boolean;
  /** Sorted, without overlaps. */
  arrows(state: State): readonly Way<State>[];
}

export interface Way<State> {
  readonly first: number;
  readonly last: number;
  readonly to: State;
}

/** Lists the states that can be reached from the start and lead to an accepting one. */
export function explore<State>(described: Description<State>, budget: Budget, path: string): Automaton {
  const numbers = new Map<string, number>();
  const states: State[] = [];
  const numberOf = (state: State): number => {
    const key = described.key(state);
    let number = numbers.get(key);
    if (number === undefined) {
      number = states.push(state) - 1;
      numbers.set(key, number);
    }
    return number;
  };
  numberOf(described.start);
  const all: AutomatonState[] = [];
  for (let at = 0; at < states.length; at++) {
    const state = states[at] as State;
    const ways = described.arrows(state);
    budget.spend(10 + ways.length, path);
    const arrows = ways.map(({ first, last, to }) => ({ first, last, to: numberOf(to) }));
    all.push({ accepting: described.accepting(state), arrows: joined(arrows) });
  }
  return { states: withoutDeadEnds(all) };
}

/** Neighbouring arrows to the same state, made one. */
function joined(arrows: readonly Arrow[]): Arrow[] {
  const fewer: Arrow[] = [];
  for (const arrow of arrows) {
    const before = fewer.at(-1);
    if (before !== undefined && before.to === arrow.to && before.last + 1 === arrow.first)
      fewer[fewer.length - 1] = { ...before, last: arrow.last };
    else fewer.push(arrow);
  }
  return fewer;
}

function withoutDeadEnds(states: readonly AutomatonState[]): AutomatonState[] {
  const from: number[][] = states.map(() => []);
  for (const [at, { arrows }] of states.entries()) for (const { to } of arrows) (from[to] as number[]).push(at);
  const alive = new Set<number>();
  const left = states.flatMap(({ accepting }, at) => (accepting ? [at] : []));
  for (let at = left.pop(); at !== undefined; at = left.pop()) {
    if (alive.has(at)) continue;
    alive.add(at);
    for (const before of from[at] as number[]) left.push(before);
  }
  if (!alive.has(0)) return [];
  const numbers = new Map([...alive].sort((a, b) => a - b).map((old, number) => [old, number]));
  return Array.from(numbers.keys(), (old) => {
    const { accepting, arrows } = states[old] as AutomatonState;
    const kept = arrows.filter(({ to }) => alive.has(to));
    return { accepting, arrows: kept.map((arrow) => ({ ...arrow, to: numbers.get(arrow.to) as number })) };
  });
}

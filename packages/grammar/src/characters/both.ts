import type { Budget } from "../budget.ts";
import { type Automaton, type AutomatonState, anyText } from "./automaton.ts";
import { explore, type Way } from "./explore.ts";

/** The automaton of the texts that both accept. */
export function both(a: Automaton, b: Automaton, budget: Budget, path: string): Automaton {
  if (a === anyText) return b;
  if (b === anyText) return a;
  if (a.states.length === 0 || b.states.length === 0) return { states: [] };
  const at = ([one, other]: readonly [number, number]): readonly [AutomatonState, AutomatonState] => [
    a.states[one] as AutomatonState,
    b.states[other] as AutomatonState,
  ];
  return explore<readonly [number, number]>(
    {
      start: [0, 0],
      key: (pair) => pair.join(),
      accepting: (pair) => at(pair).every(({ accepting }) => accepting),
      arrows: (pair) => common(...at(pair)),
    },
    budget,
    path,
  );
}

function common(a: AutomatonState, b: AutomatonState): Way<readonly [number, number]>[] {
  const ways: Way<readonly [number, number]>[] = [];
  for (let [i, j] = [0, 0]; i < a.arrows.length && j < b.arrows.length; ) {
    const [one, other] = [a.arrows[i], b.arrows[j]];
    if (one === undefined || other === undefined) break;
    const [first, last] = [Math.max(one.first, other.first), Math.min(one.last, other.last)];
    if (first <= last) ways.push({ first, last, to: [one.to, other.to] });
    if (one.last < other.last) i++;
    else j++;
  }
  return ways;
}

/** The automaton of the texts of these lengths, in code points, that another accepts. */
export function ofLength(
  automaton: Automaton,
  { least = 0, most = Number.POSITIVE_INFINITY }: { readonly least?: number; readonly most?: number },
  budget: Budget,
  path: string,
): Automaton {
  if (automaton.states.length === 0) return automaton;
  const cap = most === Number.POSITIVE_INFINITY ? least : most;
  return explore<readonly [state: number, length: number]>(
    {
      start: [0, 0],
      key: (pair) => pair.join(),
      accepting: ([state, length]) => automaton.states[state]?.accepting === true && length >= least,
      arrows: ([state, length]) =>
        length >= most
          ? []
          : (automaton.states[state] as AutomatonState).arrows.map(({ first, last, to }) => ({
              first,
              last,
              to: [to, Math.min(length + 1, cap)],
            })),
    },
    budget,
    path,
  );
}

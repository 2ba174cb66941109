import { type Arrow, type Automaton, type AutomatonState, anyText } from "./automaton.ts";
import { highest } from "./code-points.ts";

interface WordNode {
  readonly next: Map<number, WordNode>;
  ends: boolean;
}

/** The automaton of these words. */
export const wordsAutomaton = (words: Iterable<string>): Automaton => ({
  states: listed(tree(words), ({ ends }) => ends, undefined),
});

/** The automaton of all texts but these words. */
export const allButWords = (words: Iterable<string>): Automaton => ({
  states: listed(tree(words), ({ ends }) => !ends, anyText.states[0]),
});

function tree(words: Iterable<string>): WordNode {
  const root: WordNode = { next: new Map(), ends: false };
  for (const word of words) {
    let node = root;
    for (const character of word) {
      const code = character.codePointAt(0) as number;
      let next = node.next.get(code);
      if (next === undefined) node.next.set(code, (next = { next: new Map(), ends: false }));
      node = next;
    }
    node.ends = true;
  }
  return root;
}

/** The nodes as states, and one for all other texts if `other` is given, to which the other code points lead. */
function listed(
  root: WordNode,
  accepting: (node: WordNode) => boolean,
  other: AutomatonState | undefined,
): AutomatonState[] {
  const nodes = [root];
  const states: { accepting: boolean; arrows: Arrow[] }[] = [];
  for (const node of nodes) {
    const codes = [...node.next.entries()].sort(([a], [b]) => a - b);
    const arrows = codes.map(([code, next]) => ({ first: code, last: code, to: nodes.push(next) - 1 }));
    states.push({ accepting: accepting(node), arrows });
  }
  if (other === undefined) return states;
  const rest = states.length;
  for (const state of states) state.arrows = withRest(state.arrows, rest);
  return [...states, { ...other, arrows: other.arrows.map((arrow) => ({ ...arrow, to: rest })) }];
}

/** The arrows, and arrows for all other code points to one state. */
function withRest(arrows: readonly Arrow[], to: number): Arrow[] {
  const all: Arrow[] = [];
  let next = 0;
  for (const arrow of [...arrows, { first: highest + 1, last: highest + 1, to }]) {
    if (arrow.first > next) all.push({ first: next, last: arrow.first - 1, to });
    if (arrow.first <= highest) all.push(arrow);
    next = arrow.last + 1;
  }
  return all;
}

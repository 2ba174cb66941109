import type { Budget } from "../budget.ts";
import { rangesOf } from "../characters/alphabet.ts";
import type { Automaton } from "../characters/automaton.ts";
import type { TextRule } from "../texts/text-rule.ts";
import type { Network, Rule, Step } from "./network.ts";

/** A network in the making. */
export interface NetworkBuilder {
  /** Adds a node, with white space before what follows if `gap` and if the grammar has any. */
  node(inside: number | undefined, gap?: boolean): number;
  step(from: number, step: Step): void;
  /** Adds a step that reads this byte. */
  byte(byte: number, from: number, to: number): void;
  /** Adds a rule for strings. Returns its number. */
  text(rule: Omit<TextRule, "id">): number;
  /** Adds a rule for objects (`opens` is `{`) or arrays, with a first node behind the bracket. Returns its number. */
  container(opens: number, thresholds: readonly number[]): number;
  /** The first node of a container. */
  startOf(rule: number): number;
  /** Adds steps that read what the automaton accepts, in ASCII. */
  read(automaton: Automaton, from: number, to: number): void;
  /** Adds steps that read a text in ASCII. */
  word(text: string, from: number, to: number): void;
  /** The whole text may end at this node. */
  end(node: number): void;
  finish(root: number): Network;
}

export function networkBuilder(whiteSpace: boolean, budget: Budget, path: string): NetworkBuilder {
  const nodes: { steps: Step[]; gap: boolean; ends: boolean; inside: number | undefined }[] = [];
  const rules: Rule[] = [];
  const nodeAt = (index: number) => nodes[index] as (typeof nodes)[number];

  const node = (inside: number | undefined, gap = false): number => {
    budget.spend(2, path);
    return nodes.push({ steps: [], gap: gap && whiteSpace, ends: false, inside }) - 1;
  };
  const step = (from: number, added: Step): void => {
    budget.spend(1, path);
    nodeAt(from).steps.push(added);
  };
  const byte = (code: number, from: number, to: number) => step(from, { kind: "bytes", first: code, last: code, to });
  return {
    node,
    step,
    byte,
    text: (rule) => rules.push({ kind: "text", text: { ...rule, id: rules.length } }) - 1,
    container(opens, thresholds) {
      const rule = rules.length;
      rules.push({ kind: "container", opens, thresholds, start: node(rule, true) });
      return rule;
    },
    startOf: (rule) => (rules[rule] as Extract<Rule, { kind: "container" }>).start,
    read({ alphabet, states }, from, to) {
      const ranges = rangesOf(alphabet);
      const places = states.map((_, at) => (at === 0 ? from : node(nodeAt(from).inside)));
      for (const [at, { accepting, next }] of states.entries()) {
        const place = places[at] as number;
        for (const { first, last, letter } of ranges) {
          const target = next.get(letter);
          if (target !== undefined) step(place, { kind: "bytes", first, last, to: places[target] as number });
        }
        if (accepting) step(place, { kind: "empty", to });
      }
    },
    word(text, from, to) {
      let now = from;
      for (let at = 0; at < text.length; at++) {
        const next = at === text.length - 1 ? to : node(nodeAt(from).inside);
        byte(text.charCodeAt(at), now, next);
        now = next;
      }
    },
    end(at) {
      nodeAt(at).ends = true;
    },
    finish: (root) => ({ nodes, rules, root }),
  };
}

import type { Budget } from "../budget.ts";
import type { Network } from "../json/network.ts";
import { networkBuilder } from "../json/network-builder.ts";
import type { Steps } from "../steps.ts";
import type { Atom } from "./atom.ts";
import { atomFinder } from "./atoms.ts";
import type { Place } from "./place.ts";
import { commaThresholds, writeArray, writeTuple } from "./write-array.ts";
import { writeObject } from "./write-object.ts";
import type { WriteValue } from "./write-value.ts";

const [brace, bracket] = [0x7b, 0x5b];

/** The network of what a schema allows. Containers are written one after the other, so that schemas may be recursive. */
export function* schemaNetwork(root: Place, whiteSpace: boolean, budget: Budget): Steps<Network> {
  const builder = networkBuilder(whiteSpace, budget, root.path);
  const atomsOf = atomFinder(root, budget);
  const rules = new Map<Atom, number>();
  const bodies: (() => Steps<void>)[] = [];

  /** Makes the rule of a string or a container, whose body is written later. */
  const newRule = (atom: Atom): number => {
    if (atom.kind === "string") return builder.text(atom.rule);
    if (atom.kind === "object") {
      const rule = builder.container(brace, []);
      bodies.push(() => writeObject(builder, rule, atom.shape, write, budget));
      return rule;
    }
    if (atom.kind !== "array") throw new TypeError(`A ${atom.kind} is no rule.`);
    const { shape } = atom;
    const rule = builder.container(bracket, "items" in shape ? commaThresholds(shape) : []);
    bodies.push(() =>
      "items" in shape ? writeArray(builder, rule, shape, write) : writeTuple(builder, rule, shape, write),
    );
    return rule;
  };
  const write: WriteValue = function* (place, from, to) {
    for (const atom of yield* atomsOf(place)) {
      if (budget.due()) yield;
      if (atom.kind === "word") builder.word(atom.text, from, to);
      else if (atom.kind === "number") builder.read(atom.automaton, from, to);
      else {
        if (!rules.has(atom)) rules.set(atom, newRule(atom));
        builder.step(from, { kind: "call", rule: rules.get(atom) as number, to });
      }
    }
  };

  const [start, end] = [builder.node(undefined), builder.node(undefined)];
  builder.end(end);
  yield* write(root, start, end);
  for (const body of bodies) yield* body();
  return builder.finish(start);
}

import type { Budget } from "../budget.ts";
import { anyText } from "../characters/automaton.ts";
import { allButWords, wordsAutomaton } from "../characters/words.ts";
import type { NetworkBuilder } from "../json/network-builder.ts";
import type { Steps } from "../steps.ts";
import type { ObjectShape, Property } from "./atom.ts";
import type { Place } from "./place.ts";
import type { WriteValue } from "./write-value.ts";

const [endBrace, colon, comma] = [0x7d, 0x3a, 0x2c];

/** Writes the body of an object, behind its brace. */
export function* writeObject(
  builder: NetworkBuilder,
  rule: number,
  { properties, others }: ObjectShape,
  write: WriteValue,
  budget: Budget,
): Steps<void> {
  spendOnSkipping(properties, budget);
  const optionalFrom = properties.findLastIndex(({ required }) => required) + 1;
  /** Nodes before a name, by the first property that it may be; the last is for other properties. */
  const before = [...properties, others].map(() => builder.node(rule, true));
  /** Nodes behind a value, by the first property that may follow; the first is behind the brace. */
  const after = before.map((_, at) => (at === 0 ? builder.startOf(rule) : builder.node(rule, true)));
  for (const [at, node] of after.entries()) {
    const to = before[at] as number;
    if (at === 0) builder.step(node, { kind: "empty", to });
    else builder.byte(comma, node, to);
    if (at >= optionalFrom) builder.step(node, { kind: "close", byte: endBrace, rule });
  }
  const property = function* (name: number, value: Place, from: number, to: number): Steps<void> {
    const [named, valued] = [builder.node(rule, true), builder.node(rule, true)];
    builder.step(from, { kind: "call", rule: name, to: named });
    builder.byte(colon, named, valued);
    yield* write(value, valued, to);
  };
  for (const [at, { name, value, required }] of properties.entries()) {
    const [from, skipped, to] = [before[at] as number, before[at + 1] as number, after[at + 1] as number];
    const rule = builder.text({ ...anyLength, automaton: yield* wordsAutomaton([name]), exact: true });
    yield* property(rule, value, from, to);
    if (!required) builder.step(from, { kind: "empty", to: skipped });
  }
  if (others === undefined) return;
  const names = properties.map(({ name }) => name);
  const automaton = names.length === 0 ? anyText : yield* allButWords(names);
  const [from, to] = [before.at(-1) as number, builder.node(rule, true)];
  yield* property(builder.text({ ...anyLength, automaton, exact: false }), others, from, to);
  builder.byte(comma, to, from);
  builder.step(to, { kind: "close", byte: endBrace, rule });
}

const anyLength = { least: 0, most: Number.POSITIVE_INFINITY };

/** Where properties may be left out, a text may have led to every one of them. */
function spendOnSkipping(properties: readonly Property[], budget: Budget): void {
  let run = 0;
  for (const { required, value } of properties.toReversed()) {
    run = required ? 0 : run + 1;
    budget.spend(run, value.path);
  }
}

import type { NetworkBuilder } from "../json/network-builder.ts";
import type { Steps } from "../steps.ts";
import type { ArrayShape, TupleShape } from "./atom.ts";
import type { WriteValue } from "./write-value.ts";

const [endBracket, comma] = [0x5d, 0x2c];

/** The numbers of commas at which what may follow in an array changes. */
export const commaThresholds = ({ least, most }: ArrayShape): number[] =>
  [...new Set([least - 1, most - 1])]
    .filter((count) => count > 0 && count < Number.POSITIVE_INFINITY)
    .sort((a, b) => a - b);

/** Writes the body of an array, behind its bracket. Its parts are counted by their commas. */
export function* writeArray(
  builder: NetworkBuilder,
  rule: number,
  { items, least, most }: ArrayShape,
  write: WriteValue,
): Steps<void> {
  const start = builder.startOf(rule);
  if (least === 0) builder.step(start, { kind: "close", byte: endBracket, rule });
  if (most === 0) return;
  const [item, after] = [builder.node(rule, true), builder.node(rule, true)];
  builder.step(start, { kind: "empty", to: item });
  yield* write(items, item, after);
  builder.step(after, { kind: "bytes", first: comma, last: comma, to: item, below: most - 1, counts: true });
  builder.step(after, { kind: "close", byte: endBracket, rule, atLeast: least - 1 });
}

/** Writes the body of an array whose items each have a schema. */
export function* writeTuple(
  builder: NetworkBuilder,
  rule: number,
  { values }: TupleShape,
  write: WriteValue,
): Steps<void> {
  let now = builder.startOf(rule);
  for (const [at, value] of values.entries()) {
    if (at > 0) {
      const next = builder.node(rule, true);
      builder.byte(comma, now, next);
      now = next;
    }
    const behind = builder.node(rule, true);
    yield* write(value, now, behind);
    now = behind;
  }
  builder.step(now, { kind: "close", byte: endBracket, rule });
}

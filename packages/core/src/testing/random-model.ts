import { seeded } from "../sampling.ts";
import { type TableModel, type TableModelOptions, tableModel } from "./table-model.ts";

export interface RandomModelOptions extends Omit<TableModelOptions, "logits"> {
  readonly seed: number;
  /** The spread of the logits: 0 is uniform, 10 nearly deterministic. Default 2. */
  readonly scale?: number | undefined;
  /** How many of the last tokens the logits depend on. Default 2. */
  readonly order?: number | undefined;
}

/** A table model with random logits that depend on the seed and the last `order` tokens, reproducibly. */
export function randomModel({ seed, scale = 2, order = 2, ...rest }: RandomModelOptions): TableModel {
  return tableModel({
    ...rest,
    logits: (context) => randomLogits(hash([seed, ...context.slice(-order)]), rest.vocabulary, scale),
  });
}

/** A draft model that mostly agrees with a target: the target's logits plus noise of this spread. */
export function noisyModel({
  seed,
  scale = 2,
  order = 2,
  noise,
  ...rest
}: RandomModelOptions & { readonly noise: number }): TableModel {
  return tableModel({
    ...rest,
    logits: (context) => {
      const near = context.slice(-order);
      const base = randomLogits(hash([seed, ...near]), rest.vocabulary, scale);
      const other = randomLogits(hash([seed + 1, ...near]), rest.vocabulary, noise);
      return base.map((value, i) => value + (other[i] as number));
    },
  });
}

/** Independent, roughly normal logits of the given spread. */
export function randomLogits(seed: number, vocabulary: number, scale: number): Float32Array {
  const random = seeded(seed);
  return Float32Array.from({ length: vocabulary }, () => scale * (random() + random() + random() - 1.5) * 2);
}

function hash(numbers: readonly number[]): number {
  let value = 2166136261;
  for (const number of numbers) {
    value = Math.imul(value ^ (number + 1), 16777619);
    value ^= value >>> 15;
    value = Math.imul(value, 0x2c1b3c6d);
  }
  return value >>> 0;
}

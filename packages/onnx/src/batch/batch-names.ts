/** The names of a batched graph's own inputs and values. */
const prefix = "lenity/batch/";

type Part = "key" | "value";

interface BatchNames {
  /** What all of them begin with. */
  readonly prefix: string;
  /** int64 [1, rows]: each row's position in its sequence. */
  readonly positions: string;
  /** int64 [attending]: for each row of attention, the row it is computed from. A row may attend twice. */
  readonly attending: string;
  /** int64 [rows]: for each row, its row of attention. */
  readonly attended: string;
  /** int64 [slots]: the rows of attention of each slot. */
  readonly lengths: string;
  /** int32 [1] and int32 []: the position of a slot's last row of attention, and one more than that. */
  last(slot: number): string;
  total(slot: number): string;
  /** A slot's own form of a value or of a cache of the graph for one sequence. */
  own(slot: number, name: string): string;
  /** [1, rows, groups · head size]: the rows to keep. */
  rows(layer: number, part: Part): string;
}

export const batchNames: BatchNames = {
  prefix,
  positions: `${prefix}positions`,
  attending: `${prefix}attending`,
  attended: `${prefix}attended`,
  lengths: `${prefix}lengths`,
  last: (slot) => `${prefix}last.${slot}`,
  total: (slot) => `${prefix}total.${slot}`,
  own: (slot, name) => `${prefix}own.${slot}/${name}`,
  rows: (layer, part) => `${prefix}rows.${layer}.${part}`,
};

/** The inputs for the caches of one sequence. */
export function cacheInputs(layers: number, isSplit: boolean): readonly string[] {
  return Array.from({ length: layers }, (_, n) => [
    `past_key_values.${n}.key`,
    `past_key_values.${n}.value`,
    ...(isSplit ? [`tail_values.${n}`] : []),
  ]).flat();
}

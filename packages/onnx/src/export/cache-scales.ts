/** The scales of int8 caches, from the ranges of keys, values and queries in a calibration. */
import type { GraphBuilder } from "../onnx-file/graph-builder.ts";
import type { AttentionLayer } from "./attention.ts";
import type { DecoderConfig } from "./decoder-config.ts";
import { headRoom } from "./int8-recipe.ts";

/** A range is this many steps. */
const steps = 127;

/** The scales of a layer. A column is one number of one head. */
export interface CacheScales {
  /** What each column of keys and values [groups · head size] is multiplied by before it is rounded to int8. */
  readonly keyFactors: Float32Array<ArrayBuffer>;
  readonly valueFactors: Float32Array<ArrayBuffer>;
  /** The same for queries [heads · head size]; they take over the scales of the keys. */
  readonly queryFactors: Float32Array<ArrayBuffer>;
  /** A score for each unit of the integer product. */
  readonly scoreStep: number;
}

const parts = ["queries", "keys", "values"] as const;

const nameOf = (layer: number, part: (typeof parts)[number]): string => `${part} of layer ${layer}`;

/**
 * Adds outputs, float32 [heads · columns]: the largest magnitude of each column of a text; of queries and keys, whose
 * pairs are turned by their position, the largest length of each pair. Returns the output of each name.
 */
export function observeCaches(
  graph: GraphBuilder,
  { heads, groups, headSize }: DecoderConfig,
  layer: AttentionLayer,
): [string, string][] {
  return parts.map((part) => {
    const output = `${layer.attended}.${part}.largest`;
    const write = (operator: string, input: string, next: string, numbers: readonly number[], attributes = {}) => {
      graph.integers(`${next}.numbers`, numbers, [numbers.length]);
      graph.node(operator, [input, `${next}.numbers`], [next], attributes);
      return next;
    };
    const pairs = part === "values" ? [1, headSize] : [2, headSize / 2];
    const shape = [1, -1, part === "queries" ? heads : groups, ...pairs];
    const ofHeads = write("Reshape", layer[part], `${output}.heads`, shape);
    const lengths = write("ReduceL2", ofHeads, `${output}.lengths`, [3], { keepdims: 0 });
    const largest = write("ReduceMax", lengths, `${output}.shaped`, [0, 1], { keepdims: 0 });
    write("Reshape", largest, output, [-1]);
    graph.output(output, "float32", ["columns"]);
    return [nameOf(layer.index, part), output];
  });
}

/** The scales of a layer, from what `observeCaches` found. */
export function cacheScales(
  { heads, groups, headSize }: DecoderConfig,
  seen: ReadonlyMap<string, Float32Array>,
  layer: number,
): CacheScales {
  /** The range of each column. */
  const ranges = (part: (typeof parts)[number], count: number): Float32Array<ArrayBuffer> => {
    const found = seen.get(nameOf(layer, part));
    if (found === undefined) throw new RangeError(`The calibration has no ${nameOf(layer, part)}.`);
    const columns = found.length / count;
    // A column that was always zero still needs a nonzero scale.
    return Float32Array.from({ length: count * headSize }, (_, i) => {
      const head = Math.floor(i / headSize);
      return Math.max(headRoom * (found[head * columns + (i % columns)] as number), 1e-30);
    });
  };
  const [queries, keys, values] = [ranges("queries", heads), ranges("keys", groups), ranges("values", groups)];
  const keyOf = (column: number): number => {
    const group = Math.floor(column / headSize / (heads / groups));
    return keys[group * headSize + (column % headSize)] as number;
  };
  /** A query times the range of its keys: the largest is the range of all. */
  const range = queries.reduce((most, query, column) => Math.max(most, query * keyOf(column)), 0);
  return {
    keyFactors: keys.map((key) => steps / key),
    valueFactors: values.map((value) => steps / value),
    queryFactors: queries.map((_, column) => (steps * keyOf(column)) / range),
    scoreStep: range / steps ** 2 / Math.sqrt(headSize),
  };
}

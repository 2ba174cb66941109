/** The caches among a decoder's inputs and outputs. */

import { region } from "../cache/split-cache.ts";
import type { CacheShape } from "./cache-shape.ts";
import { cacheTensors } from "./cache-tensors.ts";
import type { Precision } from "./float-tensors.ts";
import type { Port } from "./port.ts";

/** What the caches' declarations show. Sizes are undefined where the file has a name instead of a number. */
export interface CachePorts extends Pick<CacheShape, "layers" | "precision" | "combined" | "int8"> {
  readonly groups: number | undefined;
  readonly headSize: number | undefined;
  /**
   * Whether the graph takes the later values as separate inputs (tail_values.N), as `exportDecoder` writes it for long
   * contexts.
   */
  readonly split: boolean;
}

/** Whether an input is a cache of keys and values, judging by its name. */
export function isCache(name: string): boolean {
  return /^(past_key_values\.\d+\.(key|value)|past_\d+)$/.test(name) || isTail(name);
}

/** Whether an input is the later part of a split cache, judging by its name. */
export function isTail(name: string): boolean {
  return /^tail_(keys|values)\.\d+$/.test(name);
}

/** Finds the caches. Throws `refuse(what)`, where `what` ends a sentence that starts with the file's name. */
export function findCaches(
  inputs: readonly Port[],
  outputs: readonly Port[],
  refuse: (what: string) => Error,
): CachePorts {
  const list = (ports: readonly Port[]) => ports.map(({ name }) => name).join(", ");
  const has = (ports: readonly Port[], name: string) => ports.some((port) => port.name === name);
  const split = has(inputs, "tail_values.0");
  const combined = has(inputs, "past_0");
  const caches = inputs.filter(({ name }) => isCache(name) && !isTail(name));
  const layers = combined ? caches.length : caches.length / 2;
  const { names } = cacheTensors({ layers: Math.max(1, Math.ceil(layers)), groups: 1, headSize: 1, combined });
  for (const { past, present } of names) {
    if (!has(inputs, past)) throw refuse(`has no input ${past}; found ${list(inputs)}. Export it with a cache.`);
    if (!split && !has(outputs, present))
      throw refuse(`has no output ${present}; found ${list(outputs)}. Export it with a cache.`);
  }
  const { type, shape } = caches[0] as Port;
  const int8 = split && type === "int8";
  const odd = caches.find((cache) => !(int8 || isPrecision(cache.type)) || cache.type !== type);
  const precision = int8 ? "float32" : type;
  if (!isPrecision(precision) || odd !== undefined) {
    throw refuse(
      `has a cache ${odd?.name} of type ${odd?.type}; expected float32 or float16, the same for all. Use another variant of the model.`,
    );
  }
  if (int8) return { layers, precision, int8, split, ...int8Sizes(shape, refuse) };
  const rank = split ? 3 : combined ? 5 : 4;
  if (shape.length !== rank || (combined && typeof shape[0] === "number" && shape[0] !== 2)) {
    const expected = split
      ? "[rows, heads, head size]"
      : combined
        ? "[2, 1, heads, length, head size]"
        : "[1, heads, length, head size]";
    throw refuse(
      `has the cache ${caches[0]?.name} of shape [${shape.join(", ")}], a layout that is not supported; expected ${expected}. Export it with onnxruntime-genai, Optimum or lenity export.`,
    );
  }
  const groups = sizeOf(shape[combined ? 2 : 1]);
  const headSize = sizeOf(shape[rank - 1]);
  return { layers, precision, groups, headSize, split, ...(combined ? { combined } : {}) };
}

/** The sizes of int8 caches, from the shape of keys. */
function int8Sizes(shape: Port["shape"], refuse: (what: string) => Error): Pick<CachePorts, "groups" | "headSize"> {
  const [, groups, headSize, rows] = shape;
  if (shape.length !== 4 || rows !== region) {
    throw refuse(
      `has int8 keys of shape [${shape.join(", ")}]; expected [regions, heads, head size, ${region}]. Export it again with exportDecoder.`,
    );
  }
  return { groups: sizeOf(groups), headSize: sizeOf(headSize) };
}

/** A size that is declared by number. */
function sizeOf(size: number | string | undefined): number | undefined {
  return typeof size === "number" && size > 0 ? size : undefined;
}

/** Whether a type is allowed for caches and logits. */
export const isPrecision = (type: string | undefined): type is Precision => type === "float32" || type === "float16";

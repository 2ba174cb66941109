import type { Token } from "@lenity/core";
import type { Tensor } from "onnxruntime-node";
import { toFloat16 } from "../onnx-file/float16.ts";
import { tensorOf } from "./float-tensors.ts";
import type { Graph, Runtime } from "./graph.ts";

/**
 * The inputs of a run besides its cache, for a block that begins at position `start`, each of the type that the graph
 * declares; `kept` is how many rows of logits the graph need return.
 */
export function blockFeeds(
  { runtime, inputs }: Pick<Graph, "runtime" | "inputs">,
  block: readonly Token[],
  start: number,
  kept: number,
): Record<string, Tensor> {
  const total = start + block.length;
  const feed = (name: string, values: readonly number[], shape: readonly number[]): Tensor => {
    const type = inputs.find((input) => input.name === name)?.type ?? "int64";
    return (makers[type] as Maker)(runtime, values, shape);
  };
  const feeds: Record<string, Tensor> = {
    input_ids: feed("input_ids", block, [1, block.length]),
    attention_mask: feed("attention_mask", new Array<number>(total).fill(1), [1, total]),
  };
  for (const { name, shape } of inputs) {
    if (name === "num_logits_to_keep") feeds[name] = feed(name, [kept], new Array<number>(shape.length).fill(1));
    if (name !== "position_ids") continue;
    const positions = block.map((_, i) => start + i);
    feeds[name] = feed(name, positions, [1, block.length]);
  }
  return feeds;
}

type Maker = (runtime: Runtime, values: readonly number[], shape: readonly number[]) => Tensor;

/** A tensor of each type that an input may have. */
const makers: Readonly<Record<string, Maker>> = {
  int64: ({ Tensor }, values, shape) => new Tensor("int64", BigInt64Array.from(values, BigInt), shape),
  int32: ({ Tensor }, values, shape) => new Tensor("int32", Int32Array.from(values), shape),
  bool: ({ Tensor }, values, shape) => new Tensor("bool", Uint8Array.from(values), shape),
  float32: ({ Tensor }, values, shape) => new Tensor("float32", Float32Array.from(values), shape),
  float16: (runtime, values, shape) => tensorOf(runtime, Uint16Array.from(values, toFloat16), shape),
};

/** Types of ids and positions, and of a mask, in which 1 stands for a token that counts. */
export const integerTypes: readonly string[] = ["int64", "int32"];
export const maskTypes: readonly string[] = Object.keys(makers);

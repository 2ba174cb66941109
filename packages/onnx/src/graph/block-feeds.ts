import type { Token } from "@lenity/core";
import type { Tensor } from "onnxruntime-node";
import { toFloat16 } from "../onnx-file/float16.ts";
import { tensorOf } from "./float-tensors.ts";
import type { Graph, Runtime } from "./graph.ts";

/**
 * The inputs of a run other than its cache, for a block that starts at position `start`, each of the type that the
 * graph declares. `kept` is the number of rows of logits that are needed.
 */
export function blockFeeds(
  { runtime, inputs }: Pick<Graph, "runtime" | "inputs">,
  block: readonly Token[],
  start: number,
  kept: number,
): Record<string, Tensor> {
  const total = start + block.length;
  const kindOf = (name: string): InputKind =>
    inputKinds[inputs.find((input) => input.name === name)?.type ?? "int64"] as InputKind;
  const feed = (name: string, values: readonly number[], shape: readonly number[]): Tensor =>
    kindOf(name).tensor(runtime, values, shape);
  const feeds: Record<string, Tensor> = {
    input_ids: feed("input_ids", block, [1, block.length]),
    attention_mask: kindOf("attention_mask").ones(runtime, total),
  };
  for (const { name, shape } of inputs) {
    if (name === "num_logits_to_keep") feeds[name] = feed(name, [kept], new Array<number>(shape.length).fill(1));
    if (name !== "position_ids") continue;
    const positions = block.map((_, i) => start + i);
    feeds[name] = feed(name, positions, [1, block.length]);
  }
  return feeds;
}

/** How an input of one type is made. */
interface InputKind {
  tensor(runtime: Runtime, values: readonly number[], shape: readonly number[]): Tensor;
  /** A mask [1, length] of ones. It is made for every run, so long ones must be cheap. */
  ones(runtime: Runtime, length: number): Tensor;
}

/** By the type that the graph declares. */
const inputKinds: Readonly<Record<string, InputKind>> = {
  int64: {
    tensor: ({ Tensor }, values, shape) => new Tensor("int64", BigInt64Array.from(values, BigInt), shape),
    ones: ({ Tensor }, length) => new Tensor("int64", new BigInt64Array(length).fill(1n), [1, length]),
  },
  int32: {
    tensor: ({ Tensor }, values, shape) => new Tensor("int32", Int32Array.from(values), shape),
    ones: ({ Tensor }, length) => new Tensor("int32", new Int32Array(length).fill(1), [1, length]),
  },
  bool: {
    tensor: ({ Tensor }, values, shape) => new Tensor("bool", Uint8Array.from(values), shape),
    ones: ({ Tensor }, length) => new Tensor("bool", new Uint8Array(length).fill(1), [1, length]),
  },
  float32: {
    tensor: ({ Tensor }, values, shape) => new Tensor("float32", Float32Array.from(values), shape),
    ones: ({ Tensor }, length) => new Tensor("float32", new Float32Array(length).fill(1), [1, length]),
  },
  float16: {
    tensor: (runtime, values, shape) => tensorOf(runtime, Uint16Array.from(values, toFloat16), shape),
    ones: (runtime, length) => tensorOf(runtime, new Uint16Array(length).fill(toFloat16(1)), [1, length]),
  },
};

/** Types of ids and positions, and of a mask (1 for a token that counts). */
export const integerTypes: readonly string[] = ["int64", "int32"];
export const maskTypes: readonly string[] = Object.keys(inputKinds);

import type { Token } from "@lenity/core";
import type { Tensor } from "onnxruntime-node";
import type { Graph } from "./graph.ts";

/**
 * The inputs of a run besides its cache, for a block that begins at position `start`, each of the integer type that the graph declares; `kept` is
 * how many rows of logits the graph need return.
 */
export function blockFeeds(
  { runtime, inputs }: Pick<Graph, "runtime" | "inputs">,
  block: readonly Token[],
  start: number,
  kept: number,
): Record<string, Tensor> {
  const integers = (name: string, values: readonly number[], shape: readonly number[]) =>
    inputs.find((input) => input.name === name)?.type === "int32"
      ? new runtime.Tensor("int32", Int32Array.from(values), shape)
      : new runtime.Tensor("int64", BigInt64Array.from(values, BigInt), shape);
  const total = start + block.length;
  const feeds: Record<string, Tensor> = {
    input_ids: integers("input_ids", block, [1, block.length]),
    attention_mask: integers("attention_mask", new Array<number>(total).fill(1), [1, total]),
  };
  for (const { name, shape } of inputs) {
    if (name === "position_ids") {
      feeds[name] = integers(
        name,
        block.map((_, i) => start + i),
        [1, block.length],
      );
    } else if (name === "num_logits_to_keep") {
      feeds[name] = integers(name, [kept], new Array<number>(shape.length).fill(1));
    }
  }
  return feeds;
}

import type { Token } from "@lenity/core";
import type { Tensor } from "onnxruntime-node";
import type { Graph } from "./graph.ts";

/** The inputs of a run besides its cache, for a block that begins at position `start`; `kept` is how many rows of logits the graph need return. */
export function blockFeeds(
  { runtime, inputs }: Pick<Graph, "runtime" | "inputs">,
  block: readonly Token[],
  start: number,
  kept: number,
): Record<string, Tensor> {
  const int64 = (values: BigInt64Array, shape: readonly number[]) => new runtime.Tensor("int64", values, shape);
  const total = start + block.length;
  const feeds: Record<string, Tensor> = {
    input_ids: int64(BigInt64Array.from(block, BigInt), [1, block.length]),
    attention_mask: int64(new BigInt64Array(total).fill(1n), [1, total]),
  };
  for (const { name, shape } of inputs) {
    if (name === "position_ids") {
      const positions = BigInt64Array.from(block, (_, i) => BigInt(start + i));
      feeds[name] = int64(positions, [1, block.length]);
    } else if (name === "num_logits_to_keep") {
      feeds[name] = int64(BigInt64Array.of(BigInt(kept)), new Array<number>(shape.length).fill(1));
    }
  }
  return feeds;
}

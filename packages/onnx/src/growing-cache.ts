import { LenityError } from "@lenity/core";
import type { Tensor } from "onnxruntime-node";
import { type Cache, cacheParts } from "./cache.ts";
import { type Cells, cellsOf, tensorOf, zeros } from "./cells.ts";
import type { Graph } from "./graph.ts";

/**
 * Tensors [1, groups, length, head size] that the graph returns one block longer than it was given: their length says where a block stands, so
 * rewinding crops them. A run that goes on where the last one ended costs no copy here.
 */
export function growingCache({ runtime, layers, groups, headSize, precision }: Graph): Cache {
  const parts = cacheParts(layers);
  let held = 0;
  let tensors: readonly Cells[] = parts.map(() => zeros(precision, 0));

  /** Within the tensors' own memory: the heads' rows move together. */
  const crop = (length: number): void => {
    const [size, before] = [length * headSize, held * headSize];
    tensors = tensors.map((tensor) => {
      for (let group = 1; group < groups; group++) tensor.copyWithin(group * size, group * before, group * before + size);
      return tensor.subarray(0, groups * size);
    });
    held = length;
  };

  return {
    prepare(start) {
      if (start < held) crop(start);
      const shape = [1, groups, start, headSize];
      const feeds = parts.map((part, i) => [`past_key_values.${part}`, tensorOf(runtime, tensors[i] as Cells, shape)]);
      return { feeds: Object.fromEntries(feeds), fetches: Object.fromEntries(parts.map((part) => [`present.${part}`, null])) };
    },
    keep(results, _start, end) {
      const shape = [1, groups, end, headSize];
      const present = parts.map((part) => results[`present.${part}`] as Tensor);
      const odd = present.find(({ dims }) => dims.join() !== shape.join());
      if (odd !== undefined) {
        throw new LenityError(
          "model_files",
          `The model returned a cache of shape [${odd.dims.join(", ")}]; expected [${shape.join(", ")}].`,
        );
      }
      tensors = present.map(cellsOf);
      held = end;
    },
  };
}

import { LenityError } from "@lenity/core";
import type { Tensor } from "onnxruntime-node";
import { cacheTensors } from "../graph/cache-tensors.ts";
import { tensorOf, zeros } from "../graph/float-tensors.ts";
import type { CachedGraph, CropCaches } from "../graph/graph.ts";
import type { Cache } from "./cache.ts";

/** Tensors on the device. Runs do not write to them, so copies of a cache share them. */
interface SharedTensors {
  readonly length: number;
  readonly tensors: readonly Tensor[];
  users: number;
}

/**
 * Tensors of `length` rows that stay on the device: the outputs of one run are the inputs of the next. Dropping rows
 * copies the remaining ones, also on the device.
 */
export function deviceCache(graph: CachedGraph, crop: CropCaches, begin?: SharedTensors): Cache {
  const { runtime, headSize, precision } = graph;
  const { names, groups, shape } = cacheTensors(graph);
  const fetches = Object.fromEntries(names.map(({ present }) => [present, null]));
  const empty = { length: 0, tensors: names.map(() => tensorOf(runtime, zeros(precision, 0), shape(0))), users: 0 };
  let rows: SharedTensors = begin ?? empty;
  rows.users++;

  const replace = (by: SharedTensors): void => {
    by.users++;
    free(rows);
    rows = by;
  };

  return {
    async prepare(start) {
      if (start === 0) replace(empty);
      else if (start < rows.length) replace({ length: start, tensors: await crop(rows.tensors, start), users: 0 });
      return { feeds: Object.fromEntries(names.map(({ past }, i) => [past, rows.tensors[i] as Tensor])), fetches };
    },
    keep(results, _start, end) {
      const expected = shape(end).join(", ");
      const tensors = names.map(({ present }) => results[present] as Tensor);
      replace({ length: end, tensors, users: 0 });
      const odd = tensors.findIndex(({ dims }) => dims.join(", ") !== expected);
      if (odd < 0) return;
      const found = tensors[odd]?.dims.join(", ");
      replace(empty);
      throw new LenityError(
        "model_files",
        `The model returned ${names[odd]?.present} of shape [${found}]; expected [${expected}].`,
      );
    },
    get bytes() {
      return names.length * groups * rows.length * headSize * (precision === "float16" ? 2 : 4);
    },
    copy: (length) => deviceCache(graph, crop, length === 0 ? undefined : rows),
    dispose: () => replace(empty),
  };
}

/** Ends one use; the last one frees the memory, since garbage collection would not do so in time. */
function free(rows: SharedTensors): void {
  rows.users--;
  if (rows.users > 0) return;
  for (const tensor of rows.tensors) if (tensor.location !== "cpu") tensor.dispose();
}

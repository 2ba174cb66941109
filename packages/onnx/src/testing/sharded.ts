/** Weights in files beside the model, as exporters write models larger than protobuf's 2 GB. */

import { toFloat16s } from "../onnx-file/float16.ts";
import { elementType, type GraphBuilder } from "../onnx-file/graph-builder.ts";
import { extraTensors } from "./extra-tensors.ts";

/** The same builder, with its weights spread over one file per name. Call `shards` after `finish`. */
export function sharded(
  graph: GraphBuilder,
  names: readonly string[],
): GraphBuilder & { shards(): ReadonlyMap<string, Uint8Array> } {
  const bodies = names.map((): Uint8Array[] => []);
  const tensors = extraTensors();
  let count = 0;
  return {
    ...graph,
    weights(title, values, shape, type) {
      const floats = typeof values === "function" ? values() : values;
      const stored = type === "float32" ? floats : toFloat16s(floats);
      const bytes = new Uint8Array(stored.buffer, stored.byteOffset, stored.byteLength);
      const index = count++ % names.length;
      const body = bodies[index] as Uint8Array[];
      const offset = body.reduce((sum, { length }) => sum + length, 0);
      body.push(bytes);
      tensors.add(title, elementType[type], shape, bytes, { location: names[index] as string, offset });
      return title;
    },
    finish: () => [...graph.finish(), ...tensors.pieces()],
    shards: () => new Map(names.map((name, i) => [name, Buffer.concat(bodies[i] as Uint8Array[])])),
  };
}

/** Weights in files beside the model, as exporters write models beyond protobuf's 2 GB. */

import { toFloat16 } from "../src/export/float16.ts";
import { elementType, type GraphBuilder } from "../src/export/onnx-writer.ts";
import { integer, message, nested } from "../src/export/protobuf.ts";

/** The same builder, with its weights spread over as many files as there are names. Call `shards` after `finish`. */
export function sharded(graph: GraphBuilder, names: readonly string[]): GraphBuilder & { shards(): ReadonlyMap<string, Uint8Array> } {
  const bodies = names.map((): Uint8Array[] => []);
  const more = message();
  let count = 0;
  return {
    ...graph,
    weights(title, values, shape, type) {
      const stored = type === "float32" ? values : Uint16Array.from(values, toFloat16);
      const bytes = new Uint8Array(stored.buffer, stored.byteOffset, stored.byteLength);
      const index = count++ % names.length;
      const body = bodies[index] as Uint8Array[];
      const offset = body.reduce((sum, { length }) => sum + length, 0);
      body.push(bytes);
      const tensor = message();
      for (const size of shape) integer(tensor, 1, size);
      integer(tensor, 2, elementType[type]);
      nested(tensor, 8, title);
      for (const [key, value] of Object.entries({ location: names[index], offset, length: bytes.length })) {
        const entry = message();
        nested(entry, 1, key);
        nested(entry, 2, String(value));
        nested(tensor, 13, entry);
      }
      integer(tensor, 14, 1);
      nested(more, 5, tensor);
      return title;
    },
    finish() {
      // Two graphs in one file are merged by whoever reads it.
      const model = message();
      nested(model, 7, more);
      return [...graph.finish(), ...model.pieces];
    },
    shards: () => new Map(names.map((name, i) => [name, Buffer.concat(bodies[i] as Uint8Array[])])),
  };
}

/** Tensors that the exporter's builder does not write. */
import { bytesOf, integer, message, nested } from "../onnx-file/protobuf-writer.ts";

/** Initializers to append to a file. */
export interface ExtraTensors {
  /**
   * Adds a tensor with that ONNX element type: in the file itself, or as part of another file, starting at `offset`.
   */
  add(
    name: string,
    type: number,
    dims: readonly number[],
    bytes: Uint8Array,
    outside?: { readonly location: string; readonly offset: number },
  ): void;
  /** To be appended to the file: readers merge two graphs in one file. */
  pieces(): Uint8Array[];
}

export function extraTensors(): ExtraTensors {
  const graph = message();
  return {
    add(name, type, dims, bytes, outside) {
      const tensor = message();
      for (const size of dims) integer(tensor, 1, size);
      integer(tensor, 2, type);
      nested(tensor, 8, name);
      if (outside === undefined) nested(tensor, 9, bytes);
      else {
        for (const [key, value] of Object.entries({ ...outside, length: bytes.length })) {
          const entry = message();
          nested(entry, 1, key);
          nested(entry, 2, String(value));
          nested(tensor, 13, entry);
        }
        integer(tensor, 14, 1);
      }
      nested(graph, 5, tensor);
    },
    pieces() {
      const model = message();
      nested(model, 7, graph);
      return [...bytesOf(model)];
    },
  };
}

/** Bytes that extend the graph of an .onnx file when appended to it. They can add, but not rename or remove. */
import { integer, message, nested, wholeOf } from "../onnx-file/protobuf-writer.ts";

/** The additions to a graph. */
export interface Suffix {
  /** A node of the standard operator set with one output and integer attributes. */
  node(
    operator: string,
    inputs: readonly string[],
    output: string,
    attributes?: Readonly<Record<string, number>>,
  ): void;
  /** An input that is one int64. */
  input(name: string): void;
  /** An int64 tensor [values]. */
  integers(name: string, values: readonly number[]): void;
  /** Makes a value an output. ONNX Runtime infers its type and shape. */
  output(name: string): void;
  /** Names of the outputs added so far. */
  readonly outputs: readonly string[];
  bytes(): Uint8Array;
}

/** An empty suffix. */
export function graphSuffix(): Suffix {
  const graph = message();
  const outputs: string[] = [];
  return {
    outputs,
    node(operator, inputs, output, attributes = {}) {
      const body = message();
      for (const input of inputs) nested(body, 1, input);
      nested(body, 2, output);
      nested(body, 3, `lenity/make/${output}`);
      nested(body, 4, operator);
      for (const [name, value] of Object.entries(attributes)) {
        const attribute = message();
        nested(attribute, 1, name);
        integer(attribute, 3, value);
        integer(attribute, 20, 2);
        nested(body, 5, attribute);
      }
      nested(graph, 1, body);
    },
    input(name) {
      const [tensor, type, body] = [message(), message(), message()];
      integer(tensor, 1, 7);
      nested(tensor, 2, message());
      nested(type, 1, tensor);
      nested(body, 1, name);
      nested(body, 2, type);
      nested(graph, 11, body);
    },
    integers(name, values) {
      const tensor = message();
      integer(tensor, 1, values.length);
      integer(tensor, 2, 7);
      nested(tensor, 8, name);
      nested(tensor, 9, new Uint8Array(BigInt64Array.from(values, BigInt).buffer));
      nested(graph, 5, tensor);
    },
    output(name) {
      const body = message();
      nested(body, 1, name);
      nested(graph, 12, body);
      outputs.push(name);
    },
    bytes() {
      const model = message();
      if (graph.size > 0) nested(model, 7, graph);
      return wholeOf(model);
    },
  };
}

/**
 * Writes ONNX files without a dependency, and only the fields that `exportDecoder` uses. Field numbers are from
 * onnx.proto.
 */
import { LenityError } from "@lenity/core";
import { toFloat16s } from "./float16.ts";
import { bytesOf, float, integer, type LateBytes, type Message, message, nested } from "./protobuf-writer.ts";

/** Element types of tensors, with ONNX's numbers. */
export const elementType = {
  float32: 1,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  float64: 11,
} as const;

const elementSize = { float32: 4, uint8: 1, int8: 1, int32: 4, int64: 8, bool: 1, float16: 2, float64: 8 } as const;

/** The element types supported by this writer. */
export type ElementType = keyof typeof elementType;

/**
 * Numbers are floats when `float`, integers otherwise: ONNX attributes are typed and JavaScript numbers are not. Lists
 * are of integers.
 */
export type Attribute = number | readonly number[] | { readonly float: number } | { readonly graph: GraphBuilder };

/** A size, or the name of a size that is known only at run time. */
export type Dimension = number | string;

/** A tensor's values in row-major order, or a function that makes them when the file is written. */
export type Values<Array> = Array | (() => Array);

/** A graph under construction. Its parts refer to each other by name. */
export interface GraphBuilder {
  /** What has been written so far. */
  readonly body: Message;
  /** Bytes of all tensors so far, including those of inner graphs. */
  readonly tensorBytes: number;
  input(name: string, type: ElementType, shape: readonly Dimension[]): void;
  output(name: string, type: ElementType, shape: readonly Dimension[]): void;
  /** A float tensor, stored as float16 or float32. Returns its name. */
  weights(name: string, values: Values<Float32Array>, shape: readonly number[], type: "float16" | "float32"): string;
  /** An int8 or uint8 tensor; int8 values are passed as bytes. Returns its name. */
  bytes(name: string, values: Values<Uint8Array>, shape: readonly number[], type: "int8" | "uint8"): string;
  /** An int64 tensor. Returns its name. */
  integers(name: string, values: readonly number[], shape: readonly number[]): string;
  /**
   * A node of the standard operator set, or of com.microsoft when `contrib`. An empty name skips an optional input or
   * output.
   */
  node(
    operator: string,
    inputs: readonly string[],
    outputs: readonly string[],
    attributes?: Readonly<Record<string, Attribute>>,
    contrib?: boolean,
  ): void;
  /** A graph for a node's attribute, such as the body of a Loop. It can read this graph's values by name. */
  inner(name: string): GraphBuilder;
  /** The file, in pieces to write one after another. Each is made when it is needed. */
  finish(): Iterable<Uint8Array>;
  /** The data file in the same form; empty if there is none. */
  data(): Iterable<Uint8Array>;
}

/** Smaller tensors stay in the .onnx file, since the runtime reads some of them to infer shapes. */
const leastOutside = 1024;
/** Alignment of tensors in a data file, so that the runtime can map them into memory (required by onnx.proto). */
const page = 4096;

/**
 * Starts a graph: opset 18 with com.microsoft 1. Protobuf is limited to 2 GB; with a `dataFile`, the name of a file
 * beside the .onnx file, large tensors go there. The names of nodes begin with `nodePrefix`.
 */
export function graphBuilder(name: string, dataFile?: string, nodePrefix = ""): GraphBuilder {
  return builder(name, { tensorBytes: 0, dataFile, nodePrefix, outside: message() });
}

/** State that a graph shares with its inner graphs. */
interface Store {
  tensorBytes: number;
  readonly dataFile: string | undefined;
  readonly nodePrefix: string;
  /** The data file's bytes. */
  readonly outside: Message;
}

function builder(name: string, store: Store): GraphBuilder {
  const graph = message();
  nested(graph, 2, name);
  let nodes = 0;
  const { dataFile, nodePrefix, outside } = store;
  const tensor = (title: string, type: ElementType, shape: readonly number[], make: () => ArrayBufferView): string => {
    const bytes: LateBytes = {
      size: shape.reduce((product, size) => product * size, elementSize[type]),
      make() {
        const { buffer, byteOffset, byteLength } = make();
        if (byteLength !== bytes.size)
          throw new RangeError(`${title} has ${byteLength} bytes; its shape [${shape}] makes ${bytes.size}.`);
        return new Uint8Array(buffer, byteOffset, byteLength);
      },
    };
    store.tensorBytes += bytes.size;
    const body = message();
    for (const size of shape) integer(body, 1, size);
    integer(body, 2, elementType[type]);
    nested(body, 8, title);
    if (dataFile === undefined || bytes.size < leastOutside) nested(body, 9, bytes);
    else writeOutside(outside, bytes, body, dataFile);
    nested(graph, 5, body);
    return title;
  };
  return {
    body: graph,
    get tensorBytes() {
      return store.tensorBytes;
    },
    input: (title, type, shape) => nested(graph, 11, valueInfo(title, type, shape)),
    output: (title, type, shape) => nested(graph, 12, valueInfo(title, type, shape)),
    weights(title, values, shape, type) {
      return tensor(title, type, shape, () => (type === "float32" ? made(values) : halves(title, made(values))));
    },
    bytes: (title, values, shape, type) => tensor(title, type, shape, () => made(values)),
    integers: (title, values, shape) => tensor(title, "int64", shape, () => BigInt64Array.from(values, BigInt)),
    node(operator, inputs, outputs, attributes = {}, contrib = false) {
      const body = message();
      for (const input of inputs) nested(body, 1, input);
      for (const output of outputs) nested(body, 2, output);
      nested(body, 3, `${nodePrefix}${operator}_${nodes++}`);
      nested(body, 4, operator);
      for (const [key, value] of Object.entries(attributes)) nested(body, 5, attribute(key, value));
      if (contrib) nested(body, 7, "com.microsoft");
      nested(graph, 1, body);
    },
    inner: (title) => builder(title, store),
    finish() {
      const model = message();
      integer(model, 1, 8);
      nested(model, 2, "lenity");
      nested(model, 8, operatorSet("", 18));
      nested(model, 8, operatorSet("com.microsoft", 1));
      nested(model, 7, graph);
      return bytesOf(model);
    },
    data: () => bytesOf(outside),
  };
}

function made<Array extends object>(values: Values<Array>): Array {
  return typeof values === "function" ? values() : values;
}

/** Appends bytes to the data file, and writes their location into the tensor's message. */
function writeOutside(outside: Message, bytes: LateBytes, tensor: Message, location: string): void {
  const gap = -outside.size & (page - 1);
  outside.pieces.push(new Uint8Array(gap), bytes);
  const offset = outside.size + gap;
  outside.size = offset + bytes.size;
  for (const [key, value] of Object.entries({ location, offset, length: bytes.size })) {
    const entry = message();
    nested(entry, 1, key);
    nested(entry, 2, String(value));
    nested(tensor, 13, entry);
  }
  integer(tensor, 14, 1);
}

function halves(title: string, values: Float32Array): Uint16Array {
  const most = 65504;
  for (const value of values) {
    if (Math.abs(value) <= most) continue;
    throw new LenityError(
      "model_files",
      `The tensor ${title} has values beyond ${most}, the largest float16 number. Export with weights: "float32".`,
    );
  }
  return toFloat16s(values);
}

function operatorSet(domain: string, version: number): Message {
  const body = message();
  nested(body, 1, domain);
  integer(body, 2, version);
  return body;
}

function attribute(name: string, value: Attribute): Message {
  const body = message();
  nested(body, 1, name);
  if (typeof value === "number") {
    integer(body, 3, value);
    integer(body, 20, 2);
  } else if ("float" in value) {
    float(body, 2, value.float);
    integer(body, 20, 1);
  } else if ("graph" in value) {
    nested(body, 6, value.graph.body);
    integer(body, 20, 5);
  } else {
    for (const one of value) integer(body, 8, one);
    integer(body, 20, 7);
  }
  return body;
}

function valueInfo(name: string, type: ElementType, shape: readonly Dimension[]): Message {
  const sizes = message();
  for (const size of shape) {
    const dimension = message();
    if (typeof size === "number") integer(dimension, 1, size);
    else nested(dimension, 2, size);
    nested(sizes, 1, dimension);
  }
  const tensor = message();
  integer(tensor, 1, elementType[type]);
  nested(tensor, 2, sizes);
  const wrapped = message();
  nested(wrapped, 1, tensor);
  const body = message();
  nested(body, 1, name);
  nested(body, 2, wrapped);
  return body;
}

/** Writes ONNX files without a dependency: only the fields that `exportLlama` uses. Field numbers are those of onnx.proto. */
import { LenityError } from "@lenity/core";
import { toFloat16 } from "./float16.ts";
import { float, integer, type Message, message, nested } from "./protobuf.ts";

/** Element types of tensors, with ONNX's numbers. */
export const elementType = { float32: 1, int32: 6, int64: 7, float16: 10 } as const;

/** The element types that this writer knows. */
export type ElementType = keyof typeof elementType;

/** Numbers are floats when `float`, integers otherwise: ONNX attributes are typed and JavaScript numbers are not. Lists are of integers. */
export type Attribute = number | readonly number[] | { readonly float: number };

/** A size, or the name of a size that is known only at run time. */
export type Dimension = number | string;

/** A graph under construction. Names tie its parts together. */
export interface GraphBuilder {
  input(name: string, type: ElementType, shape: readonly Dimension[]): void;
  output(name: string, type: ElementType, shape: readonly Dimension[]): void;
  /** A float tensor, stored as float16 or float32. Returns its name. */
  weights(name: string, values: Float32Array, shape: readonly number[], type: "float16" | "float32"): string;
  /** An int64 tensor. Returns its name. */
  integers(name: string, values: readonly number[], shape: readonly number[]): string;
  /** A node of the standard operator set, or of com.microsoft when `contrib`. An empty name skips an optional input or output. */
  node(
    operator: string,
    inputs: readonly string[],
    outputs: readonly string[],
    attributes?: Readonly<Record<string, Attribute>>,
    contrib?: boolean,
  ): void;
  /** The file, in pieces to be written one after another. */
  finish(): Uint8Array[];
}

/** Starts a graph: opset 18 with com.microsoft 1. */
export function graphBuilder(name: string): GraphBuilder {
  const graph = message();
  nested(graph, 2, name);
  let nodes = 0;
  const tensor = (title: string, type: ElementType, shape: readonly number[], bytes: Uint8Array): string => {
    const body = message();
    for (const size of shape) integer(body, 1, size);
    integer(body, 2, elementType[type]);
    nested(body, 8, title);
    nested(body, 9, bytes);
    nested(graph, 5, body);
    return title;
  };
  return {
    input: (title, type, shape) => nested(graph, 11, valueInfo(title, type, shape)),
    output: (title, type, shape) => nested(graph, 12, valueInfo(title, type, shape)),
    weights(title, values, shape, type) {
      const stored = type === "float32" ? values : halves(title, values);
      return tensor(title, type, shape, new Uint8Array(stored.buffer, stored.byteOffset, stored.byteLength));
    },
    integers(title, values, shape) {
      return tensor(title, "int64", shape, new Uint8Array(BigInt64Array.from(values, BigInt).buffer));
    },
    node(operator, inputs, outputs, attributes = {}, contrib = false) {
      const body = message();
      for (const input of inputs) nested(body, 1, input);
      for (const output of outputs) nested(body, 2, output);
      nested(body, 3, `${operator}_${nodes++}`);
      nested(body, 4, operator);
      for (const [key, value] of Object.entries(attributes)) nested(body, 5, attribute(key, value));
      if (contrib) nested(body, 7, "com.microsoft");
      nested(graph, 1, body);
    },
    finish() {
      const model = message();
      integer(model, 1, 8);
      nested(model, 2, "lenity");
      nested(model, 8, operatorSet("", 18));
      nested(model, 8, operatorSet("com.microsoft", 1));
      nested(model, 7, graph);
      return model.pieces;
    },
  };
}

function halves(title: string, values: Float32Array): Uint16Array {
  const most = 65504;
  if (values.some((value) => !(Math.abs(value) <= most))) {
    throw new LenityError(
      "model_files",
      `The tensor ${title} has values beyond ${most}, the most that float16 holds. Export with weights: "float32".`,
    );
  }
  return Uint16Array.from(values, toFloat16);
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

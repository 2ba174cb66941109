import type { GraphBuilder } from "../onnx-file/graph-builder.ts";
import type { DecoderConfig } from "./decoder-config.ts";
import { type DecoderWeights, floatWeights, partsOf } from "./decoder-weights.ts";
import { columnScales, quantize } from "./quantize.ts";
import type { Tensors } from "./safetensors.ts";
import { findStacked, type Part, rowsOf } from "./stacked.ts";

/**
 * The largest expected magnitude of a matrix's input, by the matrix's name (`model.layers.0.mlp.up_proj`, `lm_head`).
 * The input is then quantised with one scale stored in the file. Undefined: each row gets its own scale. Matrices that
 * read the same value must agree.
 */
export type InputRange = (name: string) => number | undefined;

/** A value as uint8 around 128. */
interface Quantized {
  readonly values: string;
  /** float32 []: the size of one step. */
  readonly scale: string;
  /** float32 [1, length, 1]: the factor for the product of each row. */
  readonly rows: string | undefined;
}

/**
 * int8 matrices with one scale per output column; inputs are quantised to uint8 around 128. No scale depends on more
 * than one row, so a row's result is the same in every block. The embedding stays float16.
 */
export function int8Weights(
  graph: GraphBuilder,
  tensors: Tensors,
  config: DecoderConfig,
  range: InputRange,
): DecoderWeights {
  const { width, vocabulary, tied } = config;
  const float = floatWeights(graph, tensors, config, "float16");
  const constants = sharedConstants(graph);
  const quantizedInput = inputQuantizer(graph, constants, range);

  /**
   * output = input · Wᵀ (+ bias) for the matrix of these parts, written under the names of `matrices`, which read the
   * same input.
   */
  const multiply = (
    input: string,
    output: string,
    matrices: readonly [string, ...string[]],
    parts: readonly Part[],
    from: number,
    bias: string,
  ): void => {
    const name = `${matrices.join("+")}.int8`;
    const weight = constants.once(name, (weight) => writeMatrix(graph, tensors, weight, parts, from));
    const { values, scale, rows } = quantizedInput(input, matrices[0]);
    const product = rows === undefined ? output : `${output}.steps`;
    const inputs = [
      values,
      weight,
      scale,
      `${weight}.scale`,
      constants.middle(),
      `${weight}.zero`,
      ...(rows === undefined && bias !== "" ? [bias] : []),
    ];
    graph.node("MatMulIntegerToFloat", inputs, [product], {}, true);
    if (rows === undefined) return;
    graph.node("Mul", [product, rows], [bias === "" ? output : `${output}.unbiased`]);
    if (bias !== "") graph.node("Add", [`${output}.unbiased`, bias], [output]);
  };

  return {
    vector: float.vector,
    embed: float.embed,
    project(input, output, name, from, to, biased) {
      const bias = biased ? float.vector(`${name}.bias`, to) : "";
      multiply(input, output, [name], partsOf([{ name, to }]), from, bias);
    },
    projectTogether(input, output, matrices, from) {
      const names = matrices.map(({ name }) => name) as [string, ...string[]];
      multiply(input, output, names, partsOf(matrices), from, "");
    },
    fasterTogether: false,
    score(states, output) {
      const tensor = tied ? "model.embed_tokens.weight" : "lm_head.weight";
      multiply(states, output, ["lm_head"], [{ tensor, rows: vocabulary }], width, "");
    },
  };
}

/** Constants that a graph has only once. */
interface SharedConstants {
  once(name: string, write: (name: string) => void): string;
  number(name: string, value: number): string;
  /** 128, which represents zero. */
  middle(): string;
}

function sharedConstants(graph: GraphBuilder): SharedConstants {
  const written = new Set<string>();
  const once: SharedConstants["once"] = (name, write) => {
    if (!written.has(name)) write(name);
    written.add(name);
    return name;
  };
  return {
    once,
    number: (name, value) => once(name, () => graph.weights(name, Float32Array.of(value), [], "float32")),
    middle: () => once("int8.middle", (name) => graph.bytes(name, Uint8Array.of(128), [], "uint8")),
  };
}

/** Quantises the input of a matrix, once for all matrices that read it. */
function inputQuantizer(
  graph: GraphBuilder,
  { number, middle }: SharedConstants,
  range: InputRange,
): (input: string, matrix: string) => Quantized {
  const quantized = new Map<string, Quantized>();
  return (input, matrix) => {
    const known = quantized.get(input);
    if (known !== undefined) return known;
    const most = range(matrix);
    const values = `${input}.uint8`;
    const rows = most === undefined ? `${input}.step` : undefined;
    const scale = most === undefined ? number("int8.unit", 1) : number(`${input}.scale`, most / 127);
    let scaled = input;
    if (rows !== undefined) {
      scaled = `${input}.scaled`;
      graph.integers(`${input}.axis`, [-1], [1]);
      graph.node("Abs", [input], [`${input}.magnitude`]);
      graph.node("ReduceMax", [`${input}.magnitude`, `${input}.axis`], [`${input}.largest`], { keepdims: 1 });
      // Avoids dividing a row of zeros by zero.
      graph.node("Max", [`${input}.largest`, number("int8.least", 1e-30)], [`${input}.positive`]);
      graph.node("Mul", [`${input}.positive`, number("int8.share", 1 / 127)], [rows]);
      graph.node("Div", [input, rows], [scaled]);
    }
    graph.node("QuantizeLinear", [scaled, scale, middle()], [values]);
    const result = { values, scale, rows };
    quantized.set(input, result);
    return result;
  };
}

/** Writes the matrix of these parts as `weight`, `${weight}.scale` and `${weight}.zero`. */
function writeMatrix(
  graph: GraphBuilder,
  tensors: Tensors,
  weight: string,
  parts: readonly Part[],
  from: number,
): void {
  const [read, to] = [findStacked(tensors, parts, from), rowsOf(parts)];
  let scales: Float32Array | undefined;
  const values = () => {
    const floats = read();
    scales = columnScales(floats, to, from);
    return quantize(floats, scales, from);
  };
  graph.bytes(weight, values, [from, to], "int8");
  graph.weights(`${weight}.scale`, () => scales ?? columnScales(read(), to, from), [to], "float32");
  // One for each weight: kernels that repack weights replace it.
  graph.bytes(`${weight}.zero`, Uint8Array.of(0), [], "int8");
}

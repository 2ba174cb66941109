import type { GraphBuilder } from "../onnx-file/graph-builder.ts";
import { type BlockFormat, type BlockMatrix, blocksIn, quantizeBlocks, storedIn, zeroBytes } from "./block-quantize.ts";
import type { DecoderConfig } from "./decoder-config.ts";
import { type DecoderWeights, floatWeights, partsOf } from "./decoder-weights.ts";
import type { Int4Recipe } from "./int4-recipe.ts";
import { int8Weights } from "./int8-weights.ts";
import type { Tensors } from "./safetensors.ts";
import { findStacked, type Part, rowsOf } from "./stacked.ts";

/**
 * The products of the columns of a matrix's input (see compensation.ts), by the matrix's name
 * (`model.layers.0.mlp.up_proj`, `lm_head`); undefined when they are not known.
 */
export type InputProducts = (name: string) => Float32Array | undefined;

/** A matrix to store in blocks. */
interface Stored {
  /** The name of its values; those of its scales and zero points begin with it. */
  readonly name: string;
  /** The tensors that it stacks. */
  readonly parts: readonly Part[];
  readonly columns: number;
  readonly format: BlockFormat;
  readonly products: Float32Array | undefined;
}

/**
 * int4 matrices for com.microsoft.MatMulNBits, which also rounds its inputs to int8, each block of a row by its own
 * scale (accuracy level 4). No scale depends on more than one row. In int8, the output matrix is that of an int8 model
 * whose inputs get a scale for each row: ONNX Runtime's kernel for it takes half as long as MatMulNBits with 8 bits.
 */
export function int4Weights(
  graph: GraphBuilder,
  tensors: Tensors,
  config: DecoderConfig,
  { block, zeroPoints, head, embedding }: Int4Recipe,
  products: InputProducts,
): DecoderWeights {
  const { width, vocabulary, tied } = config;
  const float = floatWeights(graph, tensors, config, "float16");
  const table = "model.embed_tokens.weight";
  const written = new Map<string, readonly string[]>();
  /** The names of the matrix's values, scales and zero points, which are written at the first use. */
  const stored = (matrix: Stored): readonly string[] => {
    const names = written.get(matrix.name) ?? writeBlocks(graph, tensors, matrix);
    written.set(matrix.name, names);
    return names;
  };
  const multiply = (input: string, output: string, matrix: Stored, bias = ""): void => {
    const [values = "", scales = "", zeros = ""] = stored(matrix);
    const optional = bias === "" ? (zeros === "" ? [] : [zeros]) : [zeros, "", bias];
    const { columns: K, format } = matrix;
    const N = rowsOf(matrix.parts);
    const attributes = { K, N, bits: format.bits, block_size: block, accuracy_level: 4 };
    graph.node("MatMulNBits", [input, values, scales, ...optional], [output], attributes, true);
  };
  const format = (bits: 4 | 8, filled = true): BlockFormat => ({ bits, block, zeroPoints, filled });

  return {
    vector: float.vector,
    project(input, output, name, columns, rows, biased) {
      const parts = partsOf([{ name, to: rows }]);
      const matrix = { name: `${name}.int4`, parts, columns, format: format(4), products: products(name) };
      multiply(input, output, matrix, biased ? float.vector(`${name}.bias`, rows) : "");
    },
    projectTogether(input, output, matrices, columns) {
      // Rows are rounded one by one, so that each has the bits that it has in a matrix of its own.
      const seen = products(matrices[0]?.name ?? "");
      const name = `${matrices.map(({ name }) => name).join("+")}.int4`;
      multiply(input, output, { name, parts: partsOf(matrices), columns, format: format(4), products: seen });
    },
    fasterTogether: true,
    embed(ids, output) {
      if (embedding === "float16") return float.embed(ids, output);
      const bits = embedding === "int8" ? 8 : 4;
      const shape = { columns: width, format: format(bits, false), products: undefined };
      const parts = [{ tensor: table, rows: vocabulary }];
      const [values = "", ...rest] = stored({ name: `embedding.${embedding}`, parts, ...shape });
      const attributes = { bits, block_size: block, gather_axis: 0, quantize_axis: 1 };
      graph.node("GatherBlockQuantized", [values, ids, ...rest], [output], attributes, true);
      return output;
    },
    score(states, output) {
      if (head === "float16") return float.score(states, output);
      if (head === "int8") return int8Weights(graph, tensors, config, () => undefined).score(states, output);
      const parts = [{ tensor: tied ? table : "lm_head.weight", rows: vocabulary }];
      const shape = { columns: width, format: format(head === "int4" ? 4 : 8), products: products("lm_head") };
      multiply(states, output, { name: `lm_head.${head}`, parts, ...shape });
    },
  };
}

/** Writes a matrix. Returns the names of its values, its scales and, if it has them, its zero points. */
function writeBlocks(graph: GraphBuilder, tensors: Tensors, matrix: Stored): readonly string[] {
  const { name, columns, format, products } = matrix;
  const rows = rowsOf(matrix.parts);
  const { bits, block, filled, zeroPoints } = format;
  const read = findStacked(tensors, matrix.parts, columns);
  let kept: BlockMatrix | undefined;
  // The parts are written one after another, so that a matrix is rounded once and not kept after its last part.
  const part = <Key extends keyof BlockMatrix>(key: Key, last: boolean) => {
    const made = kept ?? quantizeBlocks(read(), rows, columns, format, products);
    kept = last ? undefined : made;
    return made[key] as NonNullable<BlockMatrix[Key]>;
  };
  const [blocks, bytes] = [blocksIn(columns, format), (storedIn(columns, format) * bits) / 8];
  const shape = filled ? [rows, blocks, (block * bits) / 8] : [rows, bytes];
  const names = [name, `${name}.scales`];
  graph.bytes(name, () => part("values", false), shape, "uint8");
  graph.weights(`${name}.scales`, () => part("scales", !zeroPoints), [rows, blocks], "float32");
  if (!zeroPoints) return names;
  graph.bytes(`${name}.zeros`, () => part("zeros", true), [rows, zeroBytes(columns, format)], "uint8");
  return [...names, `${name}.zeros`];
}

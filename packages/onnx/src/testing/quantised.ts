/** The matrices of a graph in the quantised formats of other programs. */
import { toFloat16s } from "../onnx-file/float16.ts";
import type { GraphBuilder } from "../onnx-file/graph-builder.ts";
import { extraTensors } from "./extra-tensors.ts";

/**
 * `4-bit`, `8-bit`: com.microsoft.MatMulNBits in blocks of 32 with float sums, as in transformers.js's q4.
 * `4-bit-integer`, `8-bit-integer`: with integer sums (accuracy level 4), as onnxruntime-genai writes it for CPUs.
 * `4-bit-half`: on float16, with scales of float16, as in q4f16. `int8`: one scale per column of the matrix and one per
 * block of rows for its input, as in transformers.js's `_quantized`; later rows change that scale.
 */
export type MatrixFormat = "4-bit" | "8-bit" | "4-bit-integer" | "8-bit-integer" | "4-bit-half" | "int8";

interface Matrix {
  readonly values: Float32Array;
  readonly rows: number;
  readonly columns: number;
}

/**
 * A builder that quantises the matrices of MatMul: those written as float32 weights, and the embedding where it is
 * transposed.
 */
export function quantised(graph: GraphBuilder, format: MatrixFormat): GraphBuilder {
  const tensors = extraTensors();
  const matrices = new Map<string, Matrix>();
  return {
    ...graph,
    weights(title, values, shape, type) {
      const [rows = 0, columns = 0] = shape;
      if (shape.length === 2)
        matrices.set(title, { values: typeof values === "function" ? values() : values, rows, columns });
      // Only the embedding is read unchanged.
      return /proj|lm_head/.test(title) ? title : graph.weights(title, values, shape, type);
    },
    node(operator, inputs, outputs, ...rest) {
      const [first = "", second = ""] = inputs;
      const [output = ""] = outputs;
      const matrix = matrices.get(operator === "Transpose" ? first : second);
      if (matrix !== undefined && operator === "Transpose") matrices.set(output, transposed(matrix));
      else if (matrix !== undefined && operator === "MatMul") {
        const product =
          format === "int8"
            ? dynamicProduct
            : blockProduct(format.startsWith("4") ? 4 : 8, format.endsWith("integer") ? 4 : 0, format.endsWith("half"));
        product(graph, tensors, matrix, first, output);
      } else graph.node(operator, inputs, outputs, ...rest);
    },
    finish: () => [...graph.finish(), ...tensors.pieces()],
  };
}

type Product = (
  graph: GraphBuilder,
  tensors: ReturnType<typeof extraTensors>,
  matrix: Matrix,
  input: string,
  output: string,
) => void;

/** Each column in blocks of 32 numbers, one scale per block; numbers are stored with half their range added. */
const blockProduct =
  (bits: 4 | 8, accuracy: number, half: boolean): Product =>
  (graph, tensors, { values, rows, columns }, input, output) => {
    const block = 32;
    const blocks = Math.ceil(rows / block);
    const zero = 2 ** (bits - 1);
    const packed = new Uint8Array((columns * blocks * block * bits) / 8);
    const scales = new Float32Array(columns * blocks);
    for (let column = 0; column < columns; column++) {
      for (let n = 0; n < blocks; n++) {
        const numbers = Array.from({ length: block }, (_, i) =>
          n * block + i < rows ? (values[(n * block + i) * columns + column] as number) : 0,
        );
        const scale = Math.max(...numbers.map(Math.abs)) / (zero - 1) || 1;
        scales[column * blocks + n] = scale;
        numbers.forEach((number, i) => {
          const at = (column * blocks + n) * block + i;
          const stored = Math.round(number / scale) + zero;
          if (bits === 8) packed[at] = stored;
          else packed[at >> 1] = (packed[at >> 1] as number) | (stored << (4 * (at & 1)));
        });
      }
    }
    tensors.add(`${output}.packed`, 2, [columns, blocks, (block * bits) / 8], packed);
    const stored = half ? toFloat16s(scales) : scales;
    tensors.add(`${output}.scales`, half ? 10 : 1, [columns * blocks], new Uint8Array(stored.buffer));
    const attributes = { K: rows, N: columns, bits, block_size: block, accuracy_level: accuracy };
    const [from, to] = half ? [`${output}.input`, `${output}.half`] : [input, output];
    if (half) graph.node("Cast", [input], [from], { to: 10 });
    graph.node("MatMulNBits", [from, `${output}.packed`, `${output}.scales`], [to], attributes, true);
    if (half) graph.node("Cast", [to], [output], { to: 1 });
  };

const dynamicProduct: Product = (graph, tensors, { values, rows, columns }, input, output) => {
  const scales = Float32Array.from({ length: columns }, (_, column) => {
    let most = 0;
    for (let row = 0; row < rows; row++) most = Math.max(most, Math.abs(values[row * columns + column] as number));
    return most / 127 || 1;
  });
  const numbers = Int8Array.from(values, (value, i) => Math.round(value / (scales[i % columns] as number)));
  tensors.add(`${output}.int8`, 3, [rows, columns], new Uint8Array(numbers.buffer));
  tensors.add(`${output}.zero`, 3, [], new Uint8Array(1));
  tensors.add(`${output}.scales`, 1, [columns], new Uint8Array(scales.buffer));
  graph.node("DynamicQuantizeLinear", [input], [`${output}.rows`, `${output}.scale`, `${output}.shift`]);
  graph.node(
    "MatMulInteger",
    [`${output}.rows`, `${output}.int8`, `${output}.shift`, `${output}.zero`],
    [`${output}.sums`],
  );
  graph.node("Cast", [`${output}.sums`], [`${output}.float`], { to: 1 });
  graph.node("Mul", [`${output}.scale`, `${output}.scales`], [`${output}.both`]);
  graph.node("Mul", [`${output}.float`, `${output}.both`], [output]);
};

function transposed({ values, rows, columns }: Matrix): Matrix {
  const out = new Float32Array(values.length);
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++) out[j * rows + i] = values[i * columns + j] as number;
  return { values: out, rows: columns, columns: rows };
}

import type { OnnxNode, OnnxScan, TensorFacts } from "./scan.ts";

/** How part of a model's weights is stored. */
export interface WeightFormat {
  /** For example `float16`, `int8` or `4-bit in blocks of 32`. */
  readonly format: string;
  readonly bytes: number;
}

/** The formats of a file's weights and their bytes, largest first. Tensors of indices and shapes do not count. */
export function weightFormats({ nodes, initializers }: OnnxScan): WeightFormat[] {
  const formats = new Map<TensorFacts, string>();
  for (const node of nodes) {
    const format = quantised(node, initializers);
    if (format === undefined) continue;
    // Count a quantised matrix together with its scales and zero points.
    for (const name of node.inputs) {
      const tensor = initializers.get(name);
      if (tensor !== undefined) formats.set(tensor, format);
    }
  }
  const sums = new Map<string, number>();
  for (const tensor of [...initializers.values(), ...nodes.flatMap(({ tensor }) => tensor ?? [])]) {
    const [name, bits] = elementTypes[tensor.type] ?? [];
    const format = formats.get(tensor) ?? (tensor.type === 6 || tensor.type === 7 ? undefined : name);
    if (format === undefined || bits === undefined) continue;
    const bytes = Math.ceil((tensor.dims.reduce((product, size) => product * size, 1) * bits) / 8);
    sums.set(format, (sums.get(format) ?? 0) + bytes);
  }
  return [...sums].map(([format, bytes]) => ({ format, bytes })).sort((a, b) => b.bytes - a.bytes);
}

/** ONNX element types used for weights: name and bits per number. */
const elementTypes: Readonly<Record<number, readonly [name: string, bits: number]>> = {
  1: ["float32", 32],
  2: ["uint8", 8],
  3: ["int8", 8],
  6: ["int32", 32],
  7: ["int64", 64],
  10: ["float16", 16],
  11: ["float64", 64],
  16: ["bfloat16", 16],
  17: ["float8", 8],
  21: ["uint4", 4],
  22: ["int4", 4],
};

/** The format of a node's matrix if it is quantised. */
function quantised(
  { operator, inputs, integers }: OnnxNode,
  initializers: ReadonlyMap<string, TensorFacts>,
): string | undefined {
  const { bits = 4, block_size: block } = integers;
  if (operator === "MatMulNBits" || operator === "GatherBlockQuantized")
    return `${bits}-bit in blocks of ${block ?? 128}`;
  if (operator === "MatMulBnb4") return `4-bit of bitsandbytes in blocks of ${block ?? 64}`;
  // Index of the matrix in the inputs.
  const at = { MatMulInteger: 1, DynamicQuantizeMatMul: 1, MatMulIntegerToFloat: 1, QLinearMatMul: 3 }[operator];
  const tensor = at === undefined ? undefined : initializers.get(inputs[at] ?? "");
  const [name] = tensor === undefined ? [] : (elementTypes[tensor.type] ?? []);
  return name;
}

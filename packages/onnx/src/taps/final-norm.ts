/**
 * Finds a decoder's final norm: walks back from the logits over nodes that pick, cast, scale and quantise rows, through
 * the output matrix, to the norm that feeds it. The result is a guess from operator names; it is checked with numbers
 * when the model is loaded.
 */
import type { OnnxNode } from "../onnx-file/scan.ts";
import type { Dataflow } from "./dataflow.ts";
import { type Norm, normThatGives } from "./norms.ts";
import { passing, rowsOf } from "./rows.ts";

/** Matrix products. Each takes the rows as its first input. */
const matrices = new Set([
  "MatMul",
  "Gemm",
  "FusedMatMul",
  "MatMulNBits",
  "MatMulBnb4",
  "MatMulFpQ4",
  "MatMulInteger",
  "MatMulIntegerToFloat",
  "DynamicQuantizeMatMul",
  "QLinearMatMul",
]);
/** Operators that scale, shift, cap or mask logits. */
const arithmetic = new Set(["Mul", "Div", "Add", "Sub", "Tanh", "Where"]);

/** The final norm, or why it was not found. */
export function findFinalNorm(flow: Dataflow): Norm | string {
  const head = outputMatrix(flow, "logits");
  if (head === undefined) return "no output matrix was found before logits";
  const after = rowsOf(flow, head.inputs[0] ?? "");
  const maker = flow.producer(after);
  if (maker === undefined) return "the input of the output matrix is not computed by the graph";
  const norm = normThatGives(flow, after);
  return norm ?? `the output matrix reads the result of ${maker.operator}, which is not a known norm`;
}

/** The last matrix product before a value. */
export function outputMatrix(flow: Dataflow, value: string, seen: Set<string> = new Set()): OnnxNode | undefined {
  const node = flow.producer(value);
  if (node === undefined || seen.has(value)) return undefined;
  seen.add(value);
  if (matrices.has(node.operator)) return node;
  if (passing.has(node.operator)) return outputMatrix(flow, node.inputs[0] ?? "", seen);
  if (!arithmetic.has(node.operator)) return undefined;
  // Scales of quantised products are also computed from the rows, but do not lead to a product.
  for (const source of flow.dynamicInputs(node)) {
    const found = outputMatrix(flow, source, seen);
    if (found !== undefined) return found;
  }
  return undefined;
}

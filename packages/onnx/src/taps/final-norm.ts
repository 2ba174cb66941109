/**
 * Finds a decoder's final norm: walks back from the logits over nodes that pick, cast, scale and quantise rows, through
 * the output matrix, to the norm that feeds it. The result is a guess from operator names; it is checked with numbers
 * when the model is loaded.
 */
import type { OnnxNode } from "../onnx-file/scan.ts";
import type { Dataflow } from "./dataflow.ts";

export interface FinalNorm {
  /** The values whose sum is the norm's input; a single one when the graph has the sum itself. */
  readonly before: readonly string[];
  /** The norm's output. */
  readonly after: string;
}

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
/** Operators that pass on all or some rows of their first input, perhaps in another form. */
const passing = new Set([
  ...["Cast", "Identity", "Slice", "Gather", "GatherND", "Reshape", "Squeeze", "Unsqueeze", "Flatten", "Transpose"],
  ...["DynamicQuantizeLinear", "QuantizeLinear", "DequantizeLinear"],
]);
/** Operators that scale, shift, cap or mask logits. */
const arithmetic = new Set(["Mul", "Div", "Add", "Sub", "Tanh", "Where"]);
/** Norms whose first input is normalised. */
const norms = new Set(["LayerNormalization", "SimplifiedLayerNormalization", "RMSNormalization"]);
/** Norms of the sum of two inputs and an optional bias, with the index of the bias. Their fourth output is the sum. */
const skipNorms = new Map([
  ["SkipSimplifiedLayerNormalization", 3],
  ["SkipLayerNormalization", 4],
]);
const reductions = new Set(["ReduceMean", "ReduceSum", "ReduceSumSquare", "ReduceL2"]);
const rooting = new Set(["Pow", "Sqrt", "Reciprocal", "Cast"]);

/** The final norm, or why it was not found. */
export function findFinalNorm(flow: Dataflow): FinalNorm | string {
  const head = outputMatrix(flow, "logits");
  if (head === undefined) return "no output matrix was found before logits";
  const after = rowsOf(flow, head.inputs[0] ?? "");
  const maker = flow.producer(after);
  if (maker === undefined) return "the input of the output matrix is not computed by the graph";
  if (norms.has(maker.operator)) return { before: [maker.inputs[0] ?? ""], after };
  const bias = skipNorms.get(maker.operator);
  if (bias !== undefined && maker.outputs[0] === after) {
    const [first = "", second = ""] = maker.inputs;
    const sum = maker.outputs[3] ?? "";
    const third = maker.inputs[bias] ?? "";
    return { before: sum !== "" ? [sum] : [first, second, ...(third === "" ? [] : [third])], after };
  }
  const before = unfusedInput(flow, after);
  return before === undefined
    ? `the output matrix reads the result of ${maker.operator}, which is not a known norm`
    : { before: [before], after };
}

/** The last matrix product before a value. */
function outputMatrix(flow: Dataflow, value: string, seen: Set<string> = new Set()): OnnxNode | undefined {
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

/** The value that rows come from, before they were picked, cast, scaled by one number or quantised. */
function rowsOf(flow: Dataflow, value: string): string {
  let at = value;
  // A graph has no cycles, but a damaged file may.
  for (let steps = 0; steps < 64; steps++) {
    const before = passedOn(flow, flow.producer(at));
    if (before === undefined) return at;
    at = before;
  }
  return at;
}

/** The input whose rows a node passes on. */
function passedOn(flow: Dataflow, node: OnnxNode | undefined): string | undefined {
  const { operator = "", inputs: [first = "", second = ""] = [] } = node ?? {};
  if (passing.has(operator)) return first;
  if (operator === "Mul" && flow.isScalar(first)) return second;
  return (operator === "Mul" || operator === "Div") && flow.isScalar(second) ? first : undefined;
}

/**
 * The single value that a norm made of separate operators is computed from. Undefined when there are several, or when
 * the operators do not form a norm.
 */
function unfusedInput(flow: Dataflow, after: string): string | undefined {
  const sources = new Set<string>();
  const seen = new Set<string>();
  const open = [after];
  let reduced = false;
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    if (seen.has(value)) continue;
    seen.add(value);
    const node = flow.producer(value);
    if (node !== undefined && isPartOfNorm(flow, node)) {
      reduced ||= reductions.has(node.operator);
      open.push(...flow.dynamicInputs(node));
    } else sources.add(value);
  }
  return reduced && sources.size === 1 ? [...sources][0] : undefined;
}

function isPartOfNorm(flow: Dataflow, node: OnnxNode): boolean {
  const { operator, inputs } = node;
  if (reductions.has(operator) || rooting.has(operator)) return true;
  // A scaled residual stream is the norm's input, not a part of it. Adding ε and inverting the root use single numbers.
  if (operator === "Mul") return !inputs.some((name) => flow.isScalar(name));
  if (operator === "Div") return !flow.isScalar(inputs[1] ?? "");
  if (operator === "Sub") return true;
  // The norm begins after the sum of two streams.
  return operator === "Add" && flow.dynamicInputs(node).length === 1;
}

/**
 * Finds a decoder's final norm: walks from the logits back over what picks, casts, scales and quantises rows, through
 * the output matrix, to the norm that feeds it. What it finds is a guess by names of operators; numbers confirm it when
 * the model is loaded.
 */
import type { OnnxNode } from "../onnx-file/scan.ts";
import type { Dataflow } from "./dataflow.ts";

export interface FinalNorm {
  /** The values whose sum is the norm's input; one when the graph has the sum itself. */
  readonly before: readonly string[];
  /** The norm's output. */
  readonly after: string;
}

/** Each takes the rows as its first input. */
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
/** Operators that pass the numbers of their first input on: all, or some rows of them, in another form. */
const passing = new Set([
  ...["Cast", "Identity", "Slice", "Gather", "GatherND", "Reshape", "Squeeze", "Unsqueeze", "Flatten", "Transpose"],
  ...["DynamicQuantizeLinear", "QuantizeLinear", "DequantizeLinear"],
]);
/** Operators that scale, shift, cap or mask logits. */
const arithmetic = new Set(["Mul", "Div", "Add", "Sub", "Tanh", "Where"]);
/** Norms whose first input is normalised. */
const norms = new Set(["LayerNormalization", "SimplifiedLayerNormalization", "RMSNormalization"]);
/**
 * Norms of the sum of two inputs and, where it is there, a bias: the index of that input. Their fourth output is the
 * sum.
 */
const skipNorms = new Map([
  ["SkipSimplifiedLayerNormalization", 3],
  ["SkipLayerNormalization", 4],
]);
const reductions = new Set(["ReduceMean", "ReduceSum", "ReduceSumSquare", "ReduceL2"]);
const rooting = new Set(["Pow", "Sqrt", "Reciprocal", "Cast"]);

/** The final norm, or why it was not found. */
export function findFinalNorm(flow: Dataflow): FinalNorm | string {
  const head = outputMatrix(flow, "logits");
  if (head === undefined) return "no output matrix was found behind logits";
  const after = rowsOf(flow, head.inputs[0] ?? "");
  const maker = flow.producer(after);
  if (maker === undefined) return "the output matrix reads no value that the graph computes";
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
    ? `the output matrix reads what ${maker.operator} makes, which is no norm that is known`
    : { before: [before], after };
}

/** The first matrix product behind a value. */
function outputMatrix(flow: Dataflow, value: string, seen: Set<string> = new Set()): OnnxNode | undefined {
  const node = flow.producer(value);
  if (node === undefined || seen.has(value)) return undefined;
  seen.add(value);
  if (matrices.has(node.operator)) return node;
  if (passing.has(node.operator)) return outputMatrix(flow, node.inputs[0] ?? "", seen);
  if (!arithmetic.has(node.operator)) return undefined;
  // Scales of quantised products are computed from the rows too, but lead to no product.
  for (const source of flow.dynamicInputs(node)) {
    const found = outputMatrix(flow, source, seen);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Where rows come from that were picked, cast, scaled by one number or quantised on their way. */
function rowsOf(flow: Dataflow, value: string): string {
  let at = value;
  // A graph has no circles; a damaged file may.
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
 * The one value that a norm of single operators is computed from. Undefined when these are several, or the operators
 * make no norm.
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
  // A scaled residual stream is the norm's input, not a part of it; ε is added and the root inverted by single numbers.
  if (operator === "Mul") return !inputs.some((name) => flow.isScalar(name));
  if (operator === "Div") return !flow.isScalar(inputs[1] ?? "");
  if (operator === "Sub") return true;
  // The sum of two streams is where the norm begins.
  return operator === "Add" && flow.dynamicInputs(node).length === 1;
}

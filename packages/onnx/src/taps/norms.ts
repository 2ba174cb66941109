/** Finds out whether a node, or a group of nodes, is a norm. A guess from operator names; numbers confirm it at loading. */
import type { OnnxNode } from "../onnx-file/scan.ts";
import type { Dataflow } from "./dataflow.ts";

/** A norm of the residual stream. */
export interface Norm {
  /** The values whose sum is the norm's input; a single one when the graph has the sum itself. */
  readonly before: readonly string[];
  /** The norm's output. */
  readonly after: string;
}

/** Norms whose first input is normalised. */
const norms = new Set(["LayerNormalization", "SimplifiedLayerNormalization", "RMSNormalization"]);
/** Norms of the sum of two inputs and an optional bias, with the index of the bias. Their fourth output is the sum. */
const skipNorms = new Map([
  ["SkipSimplifiedLayerNormalization", 3],
  ["SkipLayerNormalization", 4],
]);
const reductions = new Set(["ReduceMean", "ReduceSum", "ReduceSumSquare", "ReduceL2"]);
const rooting = new Set(["Pow", "Sqrt", "Reciprocal", "Cast"]);

/** The norm whose output is this value; undefined when it is not that of a known norm. */
export function normThatGives(flow: Dataflow, after: string): Norm | undefined {
  const maker = flow.producer(after);
  if (maker === undefined) return undefined;
  if (norms.has(maker.operator)) return { before: [maker.inputs[0] ?? ""], after };
  const terms = skipTerms(maker);
  if (terms !== undefined && maker.outputs[0] === after) {
    const sum = maker.outputs[3] ?? "";
    return { before: sum !== "" ? [sum] : terms, after };
  }
  const before = unfusedInput(flow, after);
  return before === undefined ? undefined : { before: [before], after };
}

/** The values that a fused norm adds up; undefined for other nodes. */
export function skipTerms({ operator, inputs }: OnnxNode): readonly string[] | undefined {
  const bias = skipNorms.get(operator);
  if (bias === undefined) return undefined;
  const [first = "", second = ""] = inputs;
  const third = inputs[bias] ?? "";
  return [first, second, ...(third === "" ? [] : [third])];
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

/** Follows rows through nodes that do not compute anything from them. */
import type { OnnxNode } from "../onnx-file/scan.ts";
import type { Dataflow } from "./dataflow.ts";

/** Operators that pass on all or some rows of their first input, perhaps in another form. */
export const passing: ReadonlySet<string> = new Set([
  ...["Cast", "Identity", "Slice", "Gather", "GatherND", "Reshape", "Squeeze", "Unsqueeze", "Flatten", "Transpose"],
  ...["DynamicQuantizeLinear", "QuantizeLinear", "DequantizeLinear"],
]);

/** The input whose rows a node passes on, perhaps scaled by one number; undefined when it computes something else. */
export function passedOn(flow: Dataflow, node: OnnxNode | undefined): string | undefined {
  const { operator = "", inputs: [first = "", second = ""] = [] } = node ?? {};
  if (passing.has(operator)) return first;
  if (operator === "Mul" && flow.isScalar(first)) return second;
  return (operator === "Mul" || operator === "Div") && flow.isScalar(second) ? first : undefined;
}

/** The value that rows come from, before they were picked, cast, scaled by one number or quantised. */
export function rowsOf(flow: Dataflow, value: string): string {
  let at = value;
  // A graph has no cycles, but a damaged file may.
  for (let steps = 0; steps < 64; steps++) {
    const before = passedOn(flow, flow.producer(at));
    if (before === undefined) return at;
    at = before;
  }
  return at;
}

import type { OnnxScan } from "./scan.ts";

/** ONNX's number for the element type. */
const bfloat16 = 16;

/** Whether a graph stores or computes bfloat16 numbers. */
export function hasBfloat16({ nodes, initializers }: OnnxScan): boolean {
  if ([...initializers.values()].some(({ type }) => type === bfloat16)) return true;
  return nodes.some(
    ({ operator, integers, tensor }) =>
      tensor?.type === bfloat16 || (operator === "Cast" && integers["to"] === bfloat16),
  );
}

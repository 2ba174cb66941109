import type { OnnxScan } from "./scan.ts";

/** ONNX's number of the element type. */
const bfloat16 = 16;

/** Whether a graph holds or makes numbers of bfloat16. */
export function hasBfloat16({ nodes, initializers }: OnnxScan): boolean {
  if ([...initializers.values()].some(({ type }) => type === bfloat16)) return true;
  return nodes.some(
    ({ operator, integers, tensor }) =>
      tensor?.type === bfloat16 || (operator === "Cast" && integers["to"] === bfloat16),
  );
}

/** Plans that the output matrix of a file which scores all rows of a block is given only the last ones. */
import type { Edit, OnnxNode, OnnxScan } from "../onnx-file/scan.ts";
import type { Dataflow } from "./dataflow.ts";
import { outputMatrix } from "./final-norm.ts";
import type { Suffix } from "./graph-suffix.ts";

/** The input that says how many rows have logits, as in files of transformers. */
const kept = "num_logits_to_keep";

/** Products whose rows stay rows, wherever they come from. */
const products = new Set(["MatMul", "MatMulNBits"]);

/**
 * Adds the input `num_logits_to_keep` and the rows that it keeps to the suffix. Returns the edit by which the output
 * matrix reads them, or undefined if the file has such an input, or if something else may depend on all rows.
 */
export function planLastRows(suffix: Suffix, scan: OnnxScan, flow: Dataflow): Edit | undefined {
  const head = outputMatrix(flow, "logits");
  const rows = head?.inputs[0] ?? "";
  const place = head?.inputPlaces[0];
  if (head === undefined || place === undefined || flow.isTaken(kept) || (scan.opsets.get("") ?? 0) < 13)
    return undefined;
  const plain = products.has(head.operator) && isLast(flow, head) && flow.producer(rows) !== undefined;
  const readers = scan.nodes.filter(({ inputs }) => inputs.includes(rows));
  if (!plain || readers.length !== 1 || scan.outputs.includes(rows)) return undefined;
  const name = sameLength(rows, flow.isTaken);
  if (name === undefined) return undefined;
  suffix.input(kept);
  suffix.integers("lenity/axis of rows", [-2]);
  suffix.integers("lenity/last", [2 ** 31 - 1]);
  suffix.integers("lenity/list", [1]);
  suffix.node("Neg", [kept], "lenity/first kept");
  suffix.node("Reshape", ["lenity/first kept", "lenity/list"], "lenity/first kept of list");
  suffix.node("Slice", [rows, "lenity/first kept of list", "lenity/last", "lenity/axis of rows"], name);
  return { start: place.start, bytes: new TextEncoder().encode(name) };
}

/** Whether the product gives the logits, but for a cast. */
function isLast(flow: Dataflow, { outputs: [output] }: OnnxNode): boolean {
  if (output === "logits") return true;
  const cast = flow.producer("logits");
  return cast?.operator === "Cast" && cast.inputs[0] === output;
}

/** A free name of as many bytes, so that it can take the place of this one in a file. */
function sameLength(name: string, isTaken: (name: string) => boolean): string | undefined {
  if (!/[ -~]$/.test(name)) return undefined;
  return Array.from("~^!|", (end) => name.slice(0, -1) + end).find((other) => !isTaken(other));
}

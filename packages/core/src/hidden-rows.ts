import type { Hidden } from "./verifier.ts";

/** Hidden states [rows, width], one row per drafted token, as verifiers read them. */
export function hiddenRows(states: Float32Array, width: number): Hidden {
  return { width, at: (index) => states.subarray(index * width, (index + 1) * width) };
}

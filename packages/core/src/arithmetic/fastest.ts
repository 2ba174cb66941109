import { plain } from "./plain.ts";
import { simdArithmetic } from "./simd.ts";
import type { Arithmetic } from "./softmax.ts";

let chosen: Arithmetic | undefined;

/** The fastest arithmetic that this runtime has, chosen at the first call. */
export function arithmetic(): Arithmetic {
  return (chosen ??= simdArithmetic() ?? plain);
}

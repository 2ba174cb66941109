import type { Token } from "../model.ts";

/** The number of leading tokens that two sequences share. */
export function commonPrefix(a: readonly Token[], b: readonly Token[]): number {
  let length = 0;
  while (length < a.length && length < b.length && a[length] === b[length]) length++;
  return length;
}

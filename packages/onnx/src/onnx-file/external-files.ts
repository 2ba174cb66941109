import type { OnnxScan } from "./scan.ts";

/**
 * The files that initializers refer to, as the .onnx file names them (relative to it), with the least size each must
 * have.
 */
export function externalFiles({ nodes, initializers }: OnnxScan): ReadonlyMap<string, number> {
  const needs = new Map<string, number>();
  const tensors = [...initializers.values(), ...nodes.flatMap(({ tensor }) => tensor ?? [])];
  for (const { external } of tensors) {
    if (external === undefined) continue;
    const { location, bytes } = external;
    needs.set(location, Math.max(needs.get(location) ?? 0, bytes));
  }
  return needs;
}

/**
 * What is wrong with such a file, called `path` in the message, when it has `size` bytes or is missing; undefined when
 * nothing is.
 */
export function externalFault(file: string, path: string, size: number | undefined, least: number): string | undefined {
  if (size === undefined) return `${file} keeps weights in ${path}, which is missing. Download it and put it there.`;
  if (size >= least) return undefined;
  return `${file} keeps weights in ${path}, which has ${size} bytes; expected ${least} or more. Download it again, whole (a Git LFS pointer is not the file).`;
}

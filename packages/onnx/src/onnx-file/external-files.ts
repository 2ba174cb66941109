import type { OnnxScan } from "./scan.ts";

/**
 * The files that initializers refer to, as the .onnx file names them (relative to it), with the minimum size of each.
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
 * The problem with such a file, named `path` in the message, given its `size` in bytes (undefined if missing);
 * undefined if there is none.
 */
export function externalFault(file: string, path: string, size: number | undefined, least: number): string | undefined {
  if (size === undefined) return `${file} stores weights in ${path}, which is missing. Download it and put it there.`;
  if (size >= least) return undefined;
  return `${file} stores weights in ${path}, which has ${size} bytes; expected ${least} or more. Download the complete file again (a Git LFS pointer is not the file).`;
}

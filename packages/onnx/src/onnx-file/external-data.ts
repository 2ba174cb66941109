/** The files on a disk, beside an .onnx file, that hold its weights. */
import { statSync } from "node:fs";
import { dirname, join } from "node:path";
import { externalFault, externalFiles } from "./external-files.ts";
import type { OnnxScan } from "./scan.ts";

/** Paths of the files that initializers refer to, with the least size each must have. */
export function externalData(scan: OnnxScan): ReadonlyMap<string, number> {
  return new Map(Array.from(externalFiles(scan), ([location, bytes]) => [join(dirname(scan.file), location), bytes]));
}

/** What is wrong with the files that a model keeps its weights in, and what to do; undefined when nothing is. */
export function externalDataFault(scan: OnnxScan): string | undefined {
  for (const [path, least] of externalData(scan)) {
    const fault = externalFault(scan.file, path, statSync(path, { throwIfNoEntry: false })?.size, least);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

/** Weight files on disk, beside an .onnx file. */
import { statSync } from "node:fs";
import { dirname, join } from "node:path";
import { externalFault, externalFiles } from "./external-files.ts";
import type { OnnxScan } from "./scan.ts";

/** Paths of the files that initializers refer to, with the minimum size of each. */
export function externalData(scan: OnnxScan): ReadonlyMap<string, number> {
  return new Map(Array.from(externalFiles(scan), ([location, bytes]) => [join(dirname(scan.file), location), bytes]));
}

/** The problem with a model's weight files, and what to do; undefined if there is none. */
export function externalDataFault(scan: OnnxScan): string | undefined {
  for (const [path, least] of externalData(scan)) {
    const fault = externalFault(scan.file, path, statSync(path, { throwIfNoEntry: false })?.size, least);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

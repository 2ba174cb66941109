import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { seeded } from "@lenity/core";
import { type AttentionForm, type Device, type ExportOptions, exportDecoder, type Int4Options } from "@lenity/onnx";
import type { Shape } from "@lenity/onnx/testing";

/**
 * The ways to store weights that are compared. int8-cache has int8 keys and values, too; int4 is in blocks of 32
 * weights, int4-64 of 64.
 */
export const sizeKinds = ["float32", "int8", "int8-cache", "int4", "int4-64"] as const;

/** Those for a GPU; float16 is also computed in float16. */
export const deviceKinds = ["float16", "float32", "int4"] as const;

/** A way to store weights. */
export type SizeKind = (typeof sizeKinds)[number] | (typeof deviceKinds)[number];

/** An exported file of a shape. */
export interface SizeFile {
  readonly kind: SizeKind;
  /** Relative to the folder. */
  readonly file: string;
  readonly bytes: number;
}

/** How files are exported besides their weights. */
interface FileForm {
  readonly attention?: AttentionForm | undefined;
  /** Default cpu. On others int4 files have their output matrix in blocks, too, because they compute no int8. */
  readonly device?: Device | undefined;
}

/**
 * Exports the folder in each of the ways, unless a file is there already. Calibrates on random tokens, which is enough
 * for measurements of time.
 */
export async function exportedFiles(
  folder: string,
  shape: Shape,
  kinds: readonly SizeKind[],
  { attention, device = "cpu" }: FileForm,
): Promise<SizeFile[]> {
  const files: SizeFile[] = [];
  for (const kind of kinds) {
    const head = kind.startsWith("int4") && device !== "cpu" ? "int8-blocks" : undefined;
    const form = [kind, attention, head].filter((part) => part !== undefined).join("-");
    const file = join("onnx", `${form}.onnx`);
    const path = join(folder, file);
    if (!existsSync(path)) await exportDecoder(folder, { ...recipeOf(kind, head, shape), attention, file });
    const data = statSync(`${path}_data`, { throwIfNoEntry: false });
    files.push({ kind, file, bytes: statSync(path).size + (data?.size ?? 0) });
  }
  return files;
}

/** `head`: the output matrix of int4 files. */
function recipeOf(kind: SizeKind, head: Int4Options["head"], { vocabulary }: Shape): ExportOptions {
  const random = seeded(3);
  const calibration = [Array.from({ length: 512 }, () => Math.floor(random() * vocabulary))];
  switch (kind) {
    case "float32":
      return { weights: kind };
    case "float16":
      return { weights: kind, compute: kind };
    case "int8":
      return { weights: kind, calibration };
    case "int8-cache":
      return { weights: "int8", cacheType: "int8", calibration };
    case "int4":
      return { weights: kind, int4: { head } };
    case "int4-64":
      return { weights: "int4", int4: { head, block: 64 } };
  }
}

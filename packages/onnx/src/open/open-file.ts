/** Opens .onnx files on disk. */
import { readFileSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, relative, resolve, sep } from "node:path";
import { type HiddenKind, LenityError } from "@lenity/core";
import type { InferenceSession } from "onnxruntime-node";
import type { Runtime } from "../graph/graph.ts";
import { externalData, externalDataFault } from "../onnx-file/external-data.ts";
import type { Edit, OnnxScan } from "../onnx-file/scan.ts";
import { edited, readWithStoredTensors } from "../onnx-file/scan-file.ts";
import { createSession } from "./create-session.ts";
import { mostBytes, type OnnxFile, type Opened, openExtended, unreadable } from "./open-extended.ts";

/** `openExtended` for a file on disk. `asked`: the hidden states of layers to add. */
export async function openFile(
  runtime: Runtime,
  scan: OnnxScan,
  options: InferenceSession.SessionOptions,
  asked: readonly HiddenKind[] = [],
): Promise<Opened> {
  const file: OnnxFile = {
    scan,
    open: () => openUnchanged(runtime, scan, options),
    openWith: (suffix, edits) => openInstead(runtime, scan, options, (bytes) => Buffer.concat([bytes, suffix]), edits),
    extensionFault() {
      if (linkedFiles(scan).reduce((sum, path) => sum + statSync(path).size, 0) <= mostBytes) return undefined;
      return "its weights are links to files elsewhere, too large to be read into memory; download them into the folder itself";
    },
  };
  return openExtended(file, asked);
}

/**
 * Opens what `changed` makes of the file's bytes, after these edits. Large tensors stay where they are on disk, and the
 * bytes refer to them.
 */
export async function openInstead(
  runtime: Runtime,
  scan: OnnxScan,
  options: InferenceSession.SessionOptions,
  changed: (bytes: Uint8Array) => Uint8Array,
  edits: readonly Edit[] = [],
): Promise<InferenceSession> {
  const { bytes, folder, weights } = inMemory(scan, edits);
  return createSession(runtime, changed(bytes), { ...options, ...weights, extra: withFolder(options, folder) });
}

/** Opens the file unchanged. Throws `model_files` with the problem and the remedy. */
export async function openUnchanged(
  runtime: Runtime,
  scan: OnnxScan,
  options: InferenceSession.SessionOptions,
): Promise<InferenceSession> {
  // The runtime copies the tensors of a file that it reads itself, and maps those that lie elsewhere.
  const mapped = externalData(scan).size > 0 ? undefined : openInstead(runtime, scan, options, (bytes) => bytes);
  const session = await mapped?.catch(() => undefined);
  return (
    session ??
    createSession(runtime, scan.file, options).catch((cause) => {
      const fault = externalDataFault(scan);
      throw fault === undefined ? unreadable(scan, cause) : new LenityError("model_files", fault, { cause });
    })
  );
}

/** The bytes to open instead of the file, and where the runtime finds the weights that they refer to. */
function inMemory(
  scan: OnnxScan,
  edits: readonly Edit[],
): {
  readonly bytes: Uint8Array;
  readonly folder: string;
  readonly weights: Pick<InferenceSession.SessionOptions, "externalData">;
} {
  const { file } = scan;
  if (externalData(scan).size === 0) {
    const real = realpathSync(file);
    return { bytes: readWithStoredTensors(real, basename(real), edits), folder: dirname(real), weights: {} };
  }
  const linked = linkedFiles(scan).map((path) => ({ path: relative(dirname(file), path), data: readFileSync(path) }));
  return {
    bytes: edited(readFileSync(file), 0, edits),
    folder: dirname(resolve(file)),
    weights: linked.length > 0 ? { externalData: linked } : {},
  };
}

/** A model in memory has no folder, so this tells the runtime where to find its weight files. */
function withFolder({ extra }: InferenceSession.SessionOptions, folder: string): Record<string, unknown> {
  const session = (extra?.["session"] ?? {}) as Record<string, unknown>;
  return { ...extra, session: { ...session, model_external_initializers_file_folder_path: folder } };
}

/**
 * For a model in memory, ONNX Runtime does not follow links that lead out of its folder, and downloads in Hugging
 * Face's cache are such links. So their targets are read here: all weight files if one is such a link, else none.
 */
function linkedFiles(scan: OnnxScan): readonly string[] {
  const paths = [...externalData(scan).keys()];
  const there = paths.every((path) => statSync(path, { throwIfNoEntry: false }) !== undefined);
  const folder = realpathSync(dirname(scan.file));
  const isOutside = (path: string) => relative(folder, realpathSync(path)).startsWith(`..${sep}`);
  return there && paths.some(isOutside) ? paths : [];
}

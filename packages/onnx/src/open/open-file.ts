/** Opens .onnx files on disk. */
import { closeSync, openSync, readFileSync, readSync, realpathSync, statSync } from "node:fs";
import { dirname, relative, resolve, sep } from "node:path";
import { type HiddenKind, LenityError } from "@lenity/core";
import type { InferenceSession } from "onnxruntime-node";
import type { Runtime } from "../graph/graph.ts";
import { externalData, externalDataFault } from "../onnx-file/external-data.ts";
import type { Edit, OnnxScan } from "../onnx-file/scan.ts";
import { createSession } from "./create-session.ts";
import { mostBytes, type OnnxFile, type Opened, openExtended, unreadable } from "./open-extended.ts";

/** `openExtended` for a file on disk. `asked`: the hidden states of layers to add. */
export async function openFile(
  runtime: Runtime,
  scan: OnnxScan,
  options: InferenceSession.SessionOptions,
  asked: readonly HiddenKind[] = [],
): Promise<Opened> {
  let found: ReturnType<typeof outsideWeights> | "unknown" = "unknown";
  const weights = () => (found === "unknown" ? (found = outsideWeights(scan)) : found);
  const file: OnnxFile = {
    scan,
    open: () => openUnchanged(runtime, scan, options),
    openWith: (suffix, edits) =>
      createSession(runtime, joined(scan, suffix, edits), {
        ...options,
        ...weights(),
        extra: withFolder(options, scan),
      }),
    extensionFault(more) {
      if (scan.bytes + more > mostBytes) return "files of 2 GiB or more cannot be extended in memory";
      if (weights() !== undefined) return undefined;
      return "its weights are links to files elsewhere, too large to be read into memory; download them into the folder itself";
    },
  };
  return openExtended(file, asked);
}

/** Opens other bytes in place of the file's own, with the weight files beside it. */
export async function openInstead(
  runtime: Runtime,
  scan: OnnxScan,
  options: InferenceSession.SessionOptions,
  bytes: Uint8Array,
): Promise<InferenceSession> {
  return createSession(runtime, bytes, { ...options, ...outsideWeights(scan), extra: withFolder(options, scan) });
}

/** Opens the file unchanged. Throws `model_files` with the problem and the remedy. */
export async function openUnchanged(
  runtime: Runtime,
  scan: OnnxScan,
  options: InferenceSession.SessionOptions,
): Promise<InferenceSession> {
  return createSession(runtime, scan.file, options).catch((cause) => {
    const fault = externalDataFault(scan);
    throw fault === undefined ? unreadable(scan, cause) : new LenityError("model_files", fault, { cause });
  });
}

/** The whole file, edited, with the suffix appended. */
function joined({ file, bytes }: OnnxScan, suffix: Uint8Array, edits: readonly Edit[]): Uint8Array {
  const all = new Uint8Array(bytes + suffix.length);
  const handle = openSync(file, "r");
  try {
    for (let at = 0; at < bytes; ) {
      const read = readSync(handle, all, at, bytes - at, at);
      if (read === 0)
        throw new LenityError(
          "model_files",
          `${file} became shorter while it was being read. Load it again when it is complete.`,
        );
      at += read;
    }
  } finally {
    closeSync(handle);
  }
  for (const edit of edits) all.set(edit.bytes, edit.start);
  all.set(suffix, bytes);
  return all;
}

/** A model in memory has no folder, so this tells the runtime where to find its weight files. */
function withFolder({ extra }: InferenceSession.SessionOptions, { file }: OnnxScan): Record<string, unknown> {
  const session = (extra?.["session"] ?? {}) as Record<string, unknown>;
  return { ...extra, session: { ...session, model_external_initializers_file_folder_path: resolve(dirname(file)) } };
}

/**
 * For a model in memory, ONNX Runtime does not follow links that lead out of its folder, and downloads in Hugging
 * Face's cache are such links. So their targets are read here. Undefined when they are too large for that.
 */
function outsideWeights(scan: OnnxScan): Pick<InferenceSession.SessionOptions, "externalData"> | undefined {
  const paths = [...externalData(scan).keys()];
  const there = paths.every((path) => statSync(path, { throwIfNoEntry: false }) !== undefined);
  const folder = realpathSync(dirname(scan.file));
  const isOutside = (path: string) => relative(folder, realpathSync(path)).startsWith(`..${sep}`);
  if (!there || !paths.some(isOutside)) return {};
  if (paths.reduce((sum, path) => sum + statSync(path).size, 0) > mostBytes) return undefined;
  return {
    externalData: paths.map((path) => ({ path: relative(dirname(scan.file), path), data: readFileSync(path) })),
  };
}

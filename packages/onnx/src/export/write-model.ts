import { type FileHandle, mkdir, open, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { LenityError } from "@lenity/core";
import type { GraphBuilder } from "../onnx-file/graph-builder.ts";
import { partOf } from "./parts.ts";

/** Options for writing a model's files. */
export interface WriteOptions {
  /** The graph's data file, beside the model; undefined when the graph has none. */
  readonly dataFile: string | undefined;
  readonly wrote?: ((bytes: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Small pieces are combined up to this many bytes and large ones are cut. Each write is a system call, after which the
 * signal is checked.
 */
const portion = 2 ** 22;

/**
 * Writes a finished graph. Files get their final names when they are complete, so that readers never see half a model
 * and several processes can write the same model. Rejects with `model_files` when they cannot be written and with
 * `aborted` when the signal fires, leaving nothing behind.
 */
export async function writeModel(
  file: string,
  graph: GraphBuilder,
  { dataFile, wrote, signal }: WriteOptions,
): Promise<void> {
  const folder = dirname(file);
  // Data first, so that a model file is never without its data.
  const files = [
    ...(dataFile === undefined ? [] : [{ path: join(folder, dataFile), pieces: graph.data() }]),
    { path: file, pieces: graph.finish() },
  ].map((one) => ({ ...one, part: partOf(one.path) }));
  try {
    await mkdir(folder, { recursive: true });
    for (const { part, pieces } of files) await writePieces(part, pieces, wrote, signal);
    for (const { part, path } of files) await rename(part, path);
  } catch (error) {
    await Promise.all(files.map(({ part }) => rm(part, { force: true }).catch(() => {})));
    if (!(error instanceof Error && "syscall" in error)) throw error;
    throw new LenityError(
      "model_files",
      `${file} cannot be written: ${error.message}. Free up space there, or name another file.`,
      {
        cause: error,
      },
    );
  }
}

async function writePieces(
  path: string,
  pieces: Iterable<Uint8Array>,
  wrote: WriteOptions["wrote"],
  signal: AbortSignal | undefined,
) {
  const handle = await open(path, "wx");
  try {
    for (const piece of portions(pieces)) {
      if (signal?.aborted === true)
        throw new LenityError("aborted", "The export was cancelled.", { cause: signal.reason });
      await writeAll(handle, piece);
      wrote?.(piece.length);
    }
  } finally {
    await handle.close();
  }
}

async function writeAll(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length; ) done += (await handle.write(bytes, done, bytes.length - done)).bytesWritten;
}

function* portions(pieces: Iterable<Uint8Array>): Generator<Uint8Array> {
  let small: Uint8Array[] = [];
  let size = 0;
  for (const piece of pieces) {
    if (size + piece.length > portion && size > 0) {
      yield Buffer.concat(small);
      small = [];
      size = 0;
    }
    if (piece.length > portion)
      for (let at = 0; at < piece.length; at += portion) yield piece.subarray(at, at + portion);
    else size += small[small.push(piece) - 1]?.length ?? 0;
  }
  if (size > 0) yield Buffer.concat(small);
}

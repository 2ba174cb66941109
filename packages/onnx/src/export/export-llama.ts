import { mkdir, open, rename } from "node:fs/promises";
import { dirname, join } from "node:path";
import { folderPath } from "../model-folder.ts";
import { readLlamaConfig } from "./llama-config.ts";
import { llamaGraph } from "./llama-graph.ts";
import { readTensors } from "./safetensors.ts";

/** How a model is exported. */
export interface ExportOptions {
  /** How the weights are stored; the computation is float32 in any case. Default: float16, half the size. */
  readonly weights?: "float16" | "float32" | undefined;
  /** Where the folder's model is written, relative to it. Default: onnx/model.onnx. */
  readonly file?: string | undefined;
}

/**
 * Turns a Hugging Face folder of Llama architecture (config.json, model.safetensors) into an ONNX file with a rewindable cache and hidden states.
 * Returns the path of the file. Throws `model_files` when the folder is incomplete, or the architecture is another.
 */
export async function exportLlama(folder: string | URL, options: ExportOptions = {}): Promise<string> {
  const dir = await folderPath(folder);
  const config = await readLlamaConfig(dir);
  const tensors = await readTensors(join(dir, "model.safetensors"));
  const pieces = llamaGraph(config, tensors, { stored: options.weights ?? "float16", newRows: true });
  const file = join(dir, options.file ?? join("onnx", "model.onnx"));
  await mkdir(dirname(file), { recursive: true });
  // Renamed when whole, so that a reader never meets half a model.
  const part = `${file}.part`;
  const handle = await open(part, "w");
  try {
    for (const piece of joinSmall(pieces)) await handle.writeFile(piece);
  } finally {
    await handle.close();
  }
  await rename(part, file);
  return file;
}

/** Merges neighbouring small pieces: a graph has tens of thousands of them, and each write is a call into the system. */
function* joinSmall(pieces: readonly Uint8Array[], limit = 65536): Generator<Uint8Array> {
  let small: Uint8Array[] = [];
  let size = 0;
  for (const piece of pieces) {
    if (size + piece.length > limit && size > 0) {
      yield Buffer.concat(small);
      small = [];
      size = 0;
    }
    if (piece.length > limit) yield piece;
    else size += small[small.push(piece) - 1]?.length ?? 0;
  }
  if (size > 0) yield Buffer.concat(small);
}

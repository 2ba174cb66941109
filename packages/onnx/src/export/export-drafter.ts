import { LenityError } from "@lenity/core";
import { folderPath } from "../folder/disk-files.ts";
import { drafterFile } from "../folder/drafter-file.ts";
import { readDecoderConfig } from "./decoder-config.ts";
import { drafterGraph } from "./drafter-graph.ts";
import { exportGraph } from "./export-graph.ts";
import { attentionForm, type ExportOptions } from "./export-options.ts";

/**
 * Writes the drafter file for a model written by `exportDecoder` with the same options. It is placed beside the model
 * file and named after it (onnx/model.drafter.onnx). With it, a draft model draws the tokens of a round in one call
 * instead of one call per token. Returns the path of the drafter file. Rejects as `exportDecoder` does.
 */
export async function exportDrafter(folder: string | URL, options: ExportOptions = {}): Promise<string> {
  if (options.compute === "float16")
    throw new LenityError("unsupported", "A drafter file runs on the CPU; export it without compute float16.");
  const config = await readDecoderConfig(await folderPath(folder));
  if (attentionForm(config, options) === "split") {
    throw new LenityError(
      "unsupported",
      `A drafter file needs the cache of GroupQueryAttention, but a model with a context of ${config.context} tokens is written with split attention by default. Export both with attention: "gqa".`,
    );
  }
  return exportGraph(folder, options, { fileOf: drafterFile, titleOf: () => "drafter", build: drafterGraph });
}

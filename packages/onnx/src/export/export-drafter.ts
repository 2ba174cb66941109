import { LenityError } from "@lenity/core";
import { folderPath } from "../folder/disk-files.ts";
import { drafterFile } from "../folder/drafter-file.ts";
import { readDecoderConfig } from "./decoder-config.ts";
import { drafterGraph } from "./drafter-graph.ts";
import { attentionForm, type ExportOptions, exportGraph } from "./export-graph.ts";

/**
 * Writes the drafter file of a model that `exportDecoder` wrote, with the same options: beside the model file and named
 * after it (onnx/model.drafter.onnx). A draft model whose folder has one draws the tokens of a round in one call
 * instead of one call each. Returns the path of the drafter file. Rejects as `exportDecoder` does.
 */
export async function exportDrafter(folder: string | URL, options: ExportOptions = {}): Promise<string> {
  const config = await readDecoderConfig(await folderPath(folder));
  if (attentionForm(config, options) === "split") {
    throw new LenityError(
      "unsupported",
      `A drafter file shares the cache of GroupQueryAttention; a model of ${config.context} tokens is written with split attention unless asked otherwise. Export both with attention: "gqa".`,
    );
  }
  return exportGraph(folder, options, { fileOf: drafterFile, titleOf: () => "drafter", build: drafterGraph });
}

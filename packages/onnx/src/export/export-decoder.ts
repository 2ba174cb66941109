import { decoderGraph } from "./decoder-graph.ts";
import { exportGraph } from "./export-graph.ts";
import { attentionForm, type ExportOptions } from "./export-options.ts";
import { halfPrecision } from "./half-precision.ts";

/**
 * Converts a Llama, Mistral, Qwen2 or Qwen3 model in a Hugging Face folder (config.json; model.safetensors, or shards
 * and their index) to an ONNX file with a rewindable cache and hidden states. Returns the path of the file. Only one
 * tensor at a time is in memory. The calling thread is busy during the export.
 *
 * Rejects with `model_files` when the folder is incomplete, the architecture is not supported, or the file cannot be
 * written; with `invalid_request` when calibration is needed and missing; and with `aborted` when the signal fires.
 */
export function exportDecoder(folder: string | URL, options: ExportOptions = {}): Promise<string> {
  return exportGraph(folder, options, {
    fileOf: (modelFile) => modelFile,
    titleOf: ({ family }) => family,
    build(plain, config, weightsIn, scalesOf) {
      const graph = options.compute === "float16" ? halfPrecision(plain) : plain;
      const attention = attentionForm(config, options);
      decoderGraph(graph, config, weightsIn(graph), { newRows: true, attention, scalesOf });
    },
  });
}

import { decoderGraph } from "./decoder-graph.ts";
import { attentionForm, type ExportOptions, exportGraph } from "./export-graph.ts";

/**
 * Turns a Hugging Face folder (config.json; model.safetensors, or shards and their index) with a Llama, Mistral, Qwen2
 * or Qwen3 model into an ONNX file with a rewindable cache and hidden states. Returns the path of the file. One tensor
 * at a time is in memory; the calling thread is busy for as long as it takes.
 *
 * Throws `model_files` when the folder is incomplete, the architecture is another, or the file cannot be written,
 * `invalid_request` when calibration is needed and missing, and `aborted` when the signal fires.
 */
export function exportDecoder(folder: string | URL, options: ExportOptions = {}): Promise<string> {
  return exportGraph(folder, options, {
    fileOf: (modelFile) => modelFile,
    titleOf: ({ family }) => family,
    build: (graph, config, weightsIn) =>
      decoderGraph(graph, config, weightsIn(graph), { newRows: true, attention: attentionForm(config, options) }),
  });
}

import { startEngines } from "./engine/engine-pool.ts";
import { prepareModel, runningModel } from "./engine/prepare-model.ts";
import { startThread } from "./engine/thread-link.ts";
import type { DiskFolder } from "./folder/open-folder.ts";
import type { LoadOptions } from "./load-options.ts";
import type { OnnxModel } from "./onnx-model.ts";
import { threadScript } from "./protocol/thread-script.ts";

export type { LoadOptions } from "./load-options.ts";

/**
 * Loads a Hugging Face folder (config.json and generation_config.json or genai_config.json, a variant of
 * onnx/model.onnx) into worker threads. If it has a tokenizer.json, ids without a token are never generated. Rejects
 * with `model_files` when a file is missing or files do not match.
 */
export async function loadModel(folder: DiskFolder, options: LoadOptions = {}): Promise<OnnxModel> {
  const { worker = threadScript("./worker", import.meta.url) } = options;
  const model = await prepareModel(folder, options);
  const engines = await startEngines(model.count, model.described.name, (owner, onLost) => {
    const link = startThread(worker, owner, onLost);
    return { link, worker: model.load(link) };
  });
  return runningModel(model, engines);
}

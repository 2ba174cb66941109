import { pathToFileURL } from "node:url";
import type { LaneEngine, LaneSetup } from "./lane.ts";

/** The parts of node-llama-cpp that are used. */
interface NodeLlama {
  getLlama(options: object): Promise<{ loadModel(options: object): Promise<LlamaModel> }>;
  readonly DraftSequenceTokenPredictor: new (sequence: LlamaSequence) => object;
}

interface LlamaModel {
  createContext(options: object): Promise<{ getSequence(options?: object): LlamaSequence }>;
}

interface LlamaSequence {
  clearHistory(): Promise<void>;
  evaluate(tokens: readonly number[], options: object): AsyncIterable<number>;
}

/** llama.cpp through node-llama-cpp, with a draft model if the lane has one (at most 16 tokens, confidence 0.6). */
export async function llamaEngine({ lane, target, draft, module, context }: LaneSetup): Promise<LaneEngine> {
  const { getLlama, DraftSequenceTokenPredictor } = (await import(pathToFileURL(module ?? "").href)) as NodeLlama;
  const llama = await getLlama({ gpu: false, build: "never", skipDownload: true, logLevel: "error" });
  const contextOf = async (modelPath: string, threads: number) => {
    const model = await llama.loadModel({ modelPath, gpuLayers: 0 });
    return model.createContext({ contextSize: context, batchSize: context, sequences: 1, threads });
  };
  const drafting = draft === undefined ? undefined : (await contextOf(draft, 1)).getSequence();
  const tokenPredictor = drafting === undefined ? undefined : new DraftSequenceTokenPredictor(drafting);
  const sequence = (await contextOf(target, lane.threads)).getSequence({ tokenPredictor });
  return {
    async answer({ prompt, maxTokens }, emit) {
      await sequence.clearHistory();
      await drafting?.clearHistory();
      let left = maxTokens;
      for await (const token of sequence.evaluate(prompt, { temperature: 0 })) {
        emit([token]);
        if (--left === 0) break;
      }
    },
  };
}

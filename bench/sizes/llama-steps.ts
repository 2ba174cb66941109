import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { StepEngine } from "./lane.ts";
import type { PeerSetup } from "./peer.ts";

/** The parts of node-llama-cpp that are used. */
interface NodeLlama {
  getLlama(options: object): Promise<{ loadModel(options: object): Promise<LlamaModel> }>;
}

interface LlamaModel {
  createContext(options: object): Promise<LlamaContext>;
}

interface LlamaContext {
  getSequence(): LlamaSequence;
  /** Its binding to llama.cpp. */
  readonly _ctx: {
    initBatch(size: number): void;
    addToBatch(sequence: number, position: number, tokens: Uint32Array, scored: Uint32Array): Uint32Array;
    decodeBatch(): Promise<void>;
    removeTokenCellsFromSequence(sequence: number, begin: number, end: number): boolean;
  };
}

interface LlamaSequence {
  readonly nextTokenIndex: number;
  controlledEvaluate(input: readonly (number | readonly [number, object])[]): Promise<unknown>;
  eraseContextTokenRanges(ranges: readonly { readonly start: number; readonly end: number }[]): Promise<void>;
}

/**
 * llama.cpp through node-llama-cpp. Without draws a step is one call of llama_decode that computes the logits of all
 * rows: the least that a program can pay. With draws it is `controlledEvaluate`, which draws a token from each row.
 */
export async function llamaSteps(setup: PeerSetup): Promise<(draws: boolean) => StepEngine> {
  const { getLlama } = (await import(pathToFileURL(setup.module).href)) as NodeLlama;
  const llama = await getLlama({ gpu: false, build: "never", skipDownload: true, logLevel: "error" });
  const model = await llama.loadModel({ modelPath: join(setup.folder, setup.file), gpuLayers: 0 });
  const { context: contextSize, threads } = setup;
  const context = await model.createContext({ contextSize, batchSize: 512, sequences: 1, threads });
  const sequence = context.getSequence();
  const { _ctx: binding } = context;
  /** Drops what a step without draws has added behind the sequence's own count. */
  const drop = (length: number) => binding.removeTokenCellsFromSequence(0, length, -1);
  const fill = async (tokens: readonly number[]) => {
    const length = sequence.nextTokenIndex;
    if (length > tokens.length) await sequence.eraseContextTokenRanges([{ start: tokens.length, end: length }]);
    drop(Math.min(length, tokens.length));
    if (length < tokens.length) await sequence.controlledEvaluate(tokens.slice(length));
  };
  const generateNext = { token: true, options: { temperature: 0 } };
  const drawn: StepEngine = {
    fill,
    async step(tokens, logits) {
      await sequence.controlledEvaluate(logits ? tokens.map((token) => [token, { generateNext }] as const) : tokens);
    },
  };
  const bare: StepEngine = {
    fill,
    async step(tokens, logits) {
      binding.initBatch(tokens.length);
      const scored = logits ? Uint32Array.from(tokens.keys()) : new Uint32Array();
      binding.addToBatch(0, sequence.nextTokenIndex, Uint32Array.from(tokens), scored);
      await binding.decodeBatch();
    },
  };
  return (draws) => (draws ? drawn : bare);
}

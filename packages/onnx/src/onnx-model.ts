import type { EngineState, LanguageModel, OpenOptions, Token } from "@lenity/core";
import type { SelfCheck } from "./checks/self-check.ts";
import type { OnnxSession } from "./engine/session.ts";
import type { Described } from "./folder/describe-model.ts";
import type { DeviceReport } from "./protocol/devices.ts";
import type { LoadReply } from "./protocol/protocol.ts";
import type { TokenTexts } from "./tokenizer/token-table.ts";

/**
 * A model on ONNX Runtime: on servers in worker threads of its own, in browsers (`@lenity/onnx/web`) in the thread that
 * loaded it, as one engine. Requests of the sessions of one engine run one after another. A thread that dies fails the
 * requests of its sessions with `worker_lost`, and is started again; only what ends the whole process (a crash in
 * native code, the system's own lack of memory) cannot be survived.
 *
 * A session opened for a prompt holds what an earlier one has left of it. Where the check found no `blockDifference`,
 * its scores are then those of the prompt run again, to the bit; elsewhere they may differ as far as that.
 */
export interface OnnxModel extends LanguageModel {
  /** The folder that it was loaded from: a path or a URL. */
  readonly folder: string;
  /** The logits that the graph gives per row: those beyond `vocabulary` pad its output layer, and are cut off. */
  readonly width: number;
  /** The tokens of the folder's tokenizer.json, if it has one: `vocabulary` and `unused` come from them. */
  readonly tokens: TokenTexts | undefined;
  /** What a user should know of its file and its vocabulary, as sentences without a full stop. */
  readonly notes: readonly string[];
  /** What the file's graph looks like. */
  readonly graph: LoadReply;
  /** Where it runs, and why there. */
  readonly device: DeviceReport;
  /** What the self-check at loading found. */
  readonly check: SelfCheck;
  /**
   * What its user must know before trusting it, one line each: what the folder asks for and is not done, and what the
   * self-check found that speculative decoding cannot make good.
   */
  readonly warnings: readonly string[];
  readonly engines: readonly EngineState[];
  /**
   * Opens a session on the engine that holds most of the prompt, unless another is much less busy. Waits while all are
   * being restarted.
   */
  open(options?: OpenOptions): Promise<OnnxSession>;
}

/** What runs a model. */
export interface Engines {
  engines(): readonly EngineState[];
  open(prompt: readonly Token[], scope: string | undefined): Promise<OnnxSession>;
  close(): Promise<void>;
}

/** A loaded model: the description in its folder, what its file turned out to be, and what runs it. */
export function onnxModel(
  { name, place, width, tokens, vocabulary, unused, notes, contextLength, eos }: Described,
  { graph, check }: { readonly graph: LoadReply; readonly check: SelfCheck },
  warnings: readonly string[],
  { engines, open, close }: Engines,
): OnnxModel {
  return {
    name,
    folder: place,
    width,
    tokens,
    source: graph.file,
    vocabulary,
    unused,
    readable: width,
    contextLength,
    eos,
    hidden: graph.hidden,
    lastOnly: graph.lastOnly,
    notes,
    graph,
    device: graph.device,
    check,
    warnings,
    get engines() {
      return engines();
    },
    open: ({ prompt = [], scope } = {}) => open(prompt, scope),
    close,
  };
}

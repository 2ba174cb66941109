import type { EngineState, LanguageModel, OpenOptions, Session, Token } from "@lenity/core";
import { isPlain } from "@lenity/core/internal";
import type { SelfCheck } from "./checks/self-check.ts";
import type { OnnxSession } from "./engine/session.ts";
import type { LoadedWorker } from "./engine/worker-handle.ts";
import type { Described } from "./folder/describe-model.ts";
import type { DeviceReport } from "./protocol/devices.ts";
import type { LoadReply } from "./protocol/protocol.ts";
import type { TokenTexts } from "./tokenizer/token-table.ts";

/**
 * A model on ONNX Runtime. On servers it runs in worker threads, its own or those of its pair; in browsers
 * (`@lenity/onnx/web`) it runs in the thread that loaded it, as one engine. Sessions on one engine take turns: a round
 * of one, a round of another (see `turns`), so that a new answer begins soon beside many long ones. When a thread dies,
 * the requests of its sessions fail with `worker_lost` and the thread is restarted; it cannot recover when the whole
 * process ends (a crash in native code, or the system running out of memory).
 *
 * A session opened for a prompt starts with what earlier sessions have cached of it, except for tokens that ran alone.
 * When the check found no `blockDifference`, its scores are bit for bit those of running the prompt again; otherwise
 * they may differ by up to that much.
 */
export interface OnnxModel extends LanguageModel {
  /** The folder it was loaded from: a path or a URL. */
  readonly folder: string;
  /** The logits per row of the graph. Those beyond `vocabulary` are padding and are cut off. */
  readonly width: number;
  /** The tokens in the folder's tokenizer.json, if there is one. `vocabulary` and `unused` are derived from them. */
  readonly tokens: TokenTexts | undefined;
  /** Notes for the user on its file and its vocabulary, as sentences without a full stop. */
  readonly notes: readonly string[];
  /** The properties of the file's graph. */
  readonly graph: LoadReply;
  /** The device it runs on, and why. */
  readonly device: DeviceReport;
  /** The results of the self-check at loading. */
  readonly check: SelfCheck;
  /**
   * Whether single tokens always run alone, because they give the bits that they give in a block. If not, a session
   * with `blockExact` runs another row beside each, and one without does not.
   */
  readonly aloneAsInBlocks: boolean;
  /**
   * What users must know before they rely on the model, one line each: settings in the folder that are not applied, and
   * problems found by the self-check that speculative decoding cannot make up for.
   */
  readonly warnings: readonly string[];
  readonly engines: readonly EngineState[];
  /** How many sessions may be open at a time: see `sessionBytes` of `loadModel`. More only use more memory. */
  readonly places: number | undefined;
  /**
   * Opens a session on the engine that has most of the prompt cached, unless another one is much less busy. Waits while
   * all are restarting.
   */
  open(options?: OnnxOpenOptions): Promise<OnnxSession>;
}

/** Options for opening a session. */
export interface OnnxOpenOptions extends OpenOptions {
  /**
   * A session of the other model of a pair. The new one is opened on the same engine, so that a round of both is one
   * message. Ignored if it is on none of this model's engines.
   */
  readonly beside?: Session | undefined;
}

/** The engines of a model. */
export interface Engines {
  /** How many sessions they may have open together. */
  readonly places?: number | undefined;
  engines(): readonly EngineState[];
  open(prompt: readonly Token[], scope?: string, blockExact?: boolean, beside?: Session): Promise<OnnxSession>;
  close(): Promise<void>;
}

/** A loaded model: its folder's description, what was found in its file, and the engines that run it. */
export function onnxModel(
  { name, place, width, tokens, vocabulary, unused, notes, contextLength, eos }: Described,
  { graph, check, aloneAsInBlocks }: Pick<LoadedWorker, "graph" | "check" | "aloneAsInBlocks">,
  warnings: readonly string[],
  { places, engines, open, close }: Engines,
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
    reach: graph.computesReadings ? { gives: isPlain, rows: true, draws: false } : undefined,
    notes,
    graph,
    device: graph.device,
    check,
    aloneAsInBlocks,
    warnings,
    places,
    get engines() {
      return engines();
    },
    open: ({ prompt = [], scope, blockExact, beside } = {}) => open(prompt, scope, blockExact, beside),
    close,
  };
}

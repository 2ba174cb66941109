import { availableParallelism } from "node:os";
import { basename, join, resolve } from "node:path";
import {
  type AppendOptions,
  type DraftRequest,
  type HiddenKind,
  type LanguageModel,
  LenityError,
  type Scores,
  type Session,
  type Token,
} from "@lenity/core";
import { exists, folderPath, readModelFolder } from "./model-folder.ts";
import type { AppendReply, DraftReply, LoadReply } from "./protocol.ts";
import { type SelfCheck, selfCheck } from "./self-check.ts";
import { chooseVariant, type Dtype } from "./variants.ts";
import { type Cancellation, startWorker, type WorkerLink } from "./worker-link.ts";

/** How a model is loaded. */
export interface LoadOptions {
  /** Threads for one pass: 2 suits a target, 1 a drafter beside it. Default: 2, or fewer on a smaller machine. */
  readonly threads?: number | undefined;
  /** Which variant of the model: `fp32` is model.onnx, `q4` model_q4.onnx, … Default: fp32, or the only one that is there. */
  readonly dtype?: Dtype | undefined;
  /** The model file, relative to the folder, in place of a variant. */
  readonly file?: string | undefined;
  /** Default: the folder's name. */
  readonly name?: string | undefined;
}

/** A sequence that can also draft within the worker: one message per round instead of one per token. */
export interface OnnxSession extends Session {
  /**
   * Brings the cache to `context` and draws up to `limit` tokens, stopping after an EOS token. Returns the tokens and the logits
   * [tokens, vocabulary] that they were drawn from.
   */
  draft(request: DraftRequest): Promise<{ readonly tokens: readonly Token[]; readonly logits: Float32Array }>;
}

/** A model in a worker thread of its own. Requests of all its sessions run one after another. */
export interface OnnxModel extends LanguageModel {
  /** Path of the folder that it was loaded from. */
  readonly folder: string;
  /** What the file's graph looks like. */
  readonly graph: LoadReply;
  /** What the self-check at loading found. */
  readonly check: SelfCheck;
  open(options?: { readonly prompt?: readonly Token[] | undefined }): Promise<OnnxSession>;
}

/**
 * Loads a Hugging Face folder (config.json, generation_config.json, a variant of onnx/model.onnx) into a worker thread. Rejects with
 * `model_files` when something is missing or does not fit together.
 */
export async function loadModel(folder: string | URL, options: LoadOptions = {}): Promise<OnnxModel> {
  const dir = await folderPath(folder);
  const { vocabulary, contextLength, eos } = await readModelFolder(dir);
  const file = await modelFile(dir, options);
  const name = options.name ?? basename(resolve(dir));
  const threads = options.threads ?? Math.min(2, availableParallelism());
  if (!(Number.isInteger(threads) && threads >= 1)) throw new RangeError(`threads is ${threads}; expected a whole number from 1.`);
  const link = startWorker(new URL("./worker.ts", import.meta.url), dir);
  try {
    const graph = await link.request<LoadReply>({ type: "load", name, file, threads, vocabulary, contextLength, eos });
    const facts = { name, vocabulary, contextLength, hidden: graph.hidden };
    let sessions = 0;
    const model = {
      ...facts,
      folder: dir,
      graph,
      eos,
      async open() {
        link.check();
        return openSession(link, facts, sessions++);
      },
      close: () => link.close(),
    };
    return { ...model, check: await tryOut(model, file) };
  } catch (error) {
    await link.close();
    throw error;
  }
}

async function modelFile(dir: string, { file, dtype }: LoadOptions): Promise<string> {
  if (file === undefined) return join(dir, await chooseVariant(dir, dtype));
  if (dtype !== undefined) throw new TypeError(`Both file (${file}) and dtype (${dtype}) are given; expected one of them.`);
  const path = join(dir, file);
  if (await exists(path)) return path;
  throw new LenityError("model_files", `${path} is missing. Name a file of the folder, or leave it to the folder's variants.`);
}

/** Finds what declared shapes leave open, and warms the model up. */
async function tryOut(model: LanguageModel, file: string): Promise<SelfCheck> {
  const expected =
    "Expected a text decoder with com.microsoft.GroupQueryAttention or with caches that grow by each block; export it with onnxruntime-genai, Optimum or exportLlama.";
  const check = await selfCheck(model).catch((cause) => {
    throw new LenityError("model_files", `${file} fails on its first tokens: ${(cause as Error).message} ${expected}`, { cause });
  });
  // Quantised models differ by a few hundredths of the spread; a cache that is not read as written, by about half.
  if (check.blockDifference <= check.spread / 4) return check;
  const seen = `${check.blockDifference.toPrecision(2)} where logits span ${check.spread.toPrecision(2)}`;
  throw new LenityError("model_files", `${file} scores tokens differently in a block and one by one (by ${seen}). ${expected}`);
}

type Facts = Pick<OnnxModel, "name" | "vocabulary" | "contextLength" | "hidden">;

function openSession(link: WorkerLink, model: Facts, session: number): OnnxSession {
  let length = 0;
  let busy = false;
  return {
    get length() {
      return length;
    },
    async append(tokens: readonly Token[], options: AppendOptions = {}): Promise<Scores> {
      const rows = Math.min(options.rows ?? tokens.length, tokens.length);
      checkTokens(tokens, model);
      checkHidden(options.hidden, model);
      if (length + tokens.length > model.contextLength) throw contextFull(model, length, tokens.length);
      if (tokens.length === 0)
        return { rows: 0, logits: new Float32Array(0), hidden: options.hidden === undefined ? undefined : new Float32Array(0) };
      if (busy) throw new Error(`A session of ${model.name} was asked to append before the last append was done.`);
      const cancel = cancellation(options.signal);
      const request = { type: "append", session, from: length, tokens, rows, hidden: options.hidden, cancel: cancel?.flag } as const;
      busy = true;
      try {
        const { logits, hidden } = await link.request<AppendReply>(request, cancel);
        length = request.from + tokens.length;
        return { rows, logits, hidden };
      } finally {
        busy = false;
      }
    },
    rewind(to: number): void {
      if (!(Number.isInteger(to) && to >= 0)) throw new RangeError(`Rewinding to ${to}; expected a whole number from 0.`);
      length = Math.min(length, to);
    },
    async draft({ context, limit, sampling, uniform, signal }: DraftRequest) {
      checkTokens(context, model);
      if (context.length > model.contextLength) throw contextFull(model, 0, context.length);
      const cancel = cancellation(signal);
      const request = { type: "draft", session, context, limit, sampling, uniform, cancel: cancel?.flag } as const;
      // What is left of a round that failed is known to the worker alone.
      length = 0;
      const reply = await link.request<DraftReply>(request, cancel);
      length = reply.length;
      return { tokens: reply.tokens, logits: reply.logits };
    },
    async close() {
      // A lost worker has no cache left to give back.
      await link.request({ type: "close", session }).catch(() => {});
    },
  };
}

function cancellation(signal: AbortSignal | undefined): Cancellation | undefined {
  return signal === undefined ? undefined : { signal, flag: new SharedArrayBuffer(4) };
}

function checkTokens(tokens: readonly Token[], model: Facts): void {
  const stray = tokens.find((token) => !(Number.isInteger(token) && token >= 0 && token < model.vocabulary));
  if (stray !== undefined) throw new RangeError(`Token ${stray}; ${model.name} knows ids 0 to ${model.vocabulary - 1}.`);
}

function checkHidden(kind: HiddenKind | undefined, model: Facts): void {
  if (kind === undefined || model.hidden[kind] !== undefined) return;
  throw new LenityError(
    "unsupported",
    `${model.name} gives no ${kind} hidden states. Export it with the output ${kind === "pre-norm" ? "hidden_states" : "last_hidden_state"}.`,
  );
}

function contextFull(model: Facts, held: number, more: number): LenityError {
  return new LenityError(
    "context_full",
    `${model.name} holds ${model.contextLength} tokens: ${held} are in its cache, ${more} more do not fit. Shorten the prompt or the answer.`,
  );
}

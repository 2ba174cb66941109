import type { HiddenKind } from "@lenity/core";
import type { Dtype } from "./folder/dtypes.ts";
import type { DraftTarget } from "./folder/vocabulary.ts";
import type { DeviceOption } from "./protocol/devices.ts";

/** How a model is loaded. */
export interface LoadOptions {
  /**
   * The number of engines: workers that run the model, each with its own copy of the weights in memory. Sessions on
   * different engines run in parallel, those on one engine take turns, a round each. Default 1. One engine per core
   * gives a busy server the highest throughput, at a higher latency per answer.
   */
  readonly engines?: number | undefined;
  /**
   * Threads for one pass of an engine. Default: `defaultThreads()`, which suits a target, or 1 with several engines.
   * Use 1 for a drafter that runs beside a target.
   */
  readonly threads?: number | undefined;
  /**
   * Microseconds that an idle thread spins before it sleeps, 0 or more. Infinity leaves it to ONNX Runtime, whose
   * threads then take the cores from the other model of a pair. Default 500. `lenity bench threads` measures its effect
   * on a machine.
   */
  readonly spin?: number | undefined;
  /**
   * Bytes of caches that each engine keeps from closed sessions, for later prompts that start with the same tokens. The
   * least recently used are dropped first. Default 256 MiB; 0 keeps none. Caches of open sessions do not count.
   */
  readonly cacheBytes?: number | undefined;
  /**
   * Bytes for the caches of open sessions of each engine. They determine the model's `places`, as if each session used
   * the whole context. Default 2 GiB.
   */
  readonly sessionBytes?: number | undefined;
  /**
   * The most bytes of weights that an engine may hold a second time, so that requests which are decoded at the same
   * time share runs. That is done once such requests meet, for files with GroupQueryAttention or the split attention of
   * `exportDecoder` (with a float32 cache), if rows then have the bits that they have alone. Default 256 MiB; 0 never
   * shares runs.
   */
  readonly batchBytes?: number | undefined;
  /**
   * Which variant of the model: `fp32` is model.onnx, `q4` model_q4.onnx, … Default: fp32, or else the only variant in
   * the folder, or else the only model file with an unusual name (with a note).
   */
  readonly dtype?: Dtype | undefined;
  /** The model file to load instead of a variant, relative to the folder. */
  readonly file?: string | undefined;
  /**
   * Whether drafting uses the drafter file beside the model (see `exportDrafter`) if there is one. It gives the same
   * drafts faster, but keeps the weights in memory twice. Default: true; a target does not need one.
   */
  readonly drafter?: boolean | undefined;
  /**
   * The target that this model drafts for: its rows then cover the target's ids, and it drafts only ids that mean the
   * same to both models. Rejects with `unsupported` when the tokenizers differ.
   */
  readonly draftsFor?: DraftTarget | undefined;
  /**
   * Where the model runs. Any other device than the CPU is checked against the CPU on a few tokens at loading; its
   * results agree closely, but not bit for bit (see `check.blockDifference`). Naming a device that is not available
   * rejects with `unsupported`; `auto` takes the first device that is faster than the CPU on this machine, else the
   * CPU. The model's `device` gives the reason. Default: cpu.
   */
  readonly device?: DeviceOption | undefined;
  /**
   * Whether the values that verifiers need from a drafted block are computed next to its logits (see `Session.score`)
   * instead of sending the rows. Default: true when the logits stay on a device, where sending rows would cross the
   * bus. The results differ from the plain arithmetic by rounding, up to 1e-4.
   */
  readonly numbers?: boolean | undefined;
  /**
   * Hidden states of layers that sessions can return, besides those on both sides of the final norm (`layer-3`,
   * `layer-3-norm`). They are added in memory, and ONNX Runtime may then fuse fewer operators, so logits may differ by
   * rounding. What cannot be added is a warning. Default: none.
   */
  readonly hidden?: readonly HiddenKind[] | undefined;
  /**
   * The maximum number of tokens in a session, prompt and answer together, 2 or more. Default: the limit given in the
   * folder, or 2048 (with a note) if there is none. More than the model's limit rejects with `invalid_request`.
   */
  readonly contextLength?: number | undefined;
  /** The model's name. Default: the folder's name. */
  readonly name?: string | undefined;
  /** The worker threads' script, for bundlers that put it elsewhere. Default: this package's `worker.ts`. */
  readonly worker?: URL | undefined;
}

import { basename, join, resolve } from "node:path";
import type { HiddenKind } from "@lenity/core";
import { missingStates, warningsOf } from "./checks/warnings.ts";
import type { Engine } from "./engine/engine.ts";
import { closeAll, openOnPool, startEngines } from "./engine/engine-pool.ts";
import { loadRequest } from "./engine/load-request.ts";
import { workerLoader } from "./engine/load-worker.ts";
import { placesOf } from "./engine/places.ts";
import { startThread } from "./engine/thread-link.ts";
import { defaultSpin, defaultThreads } from "./engine/threads.ts";
import type { LoadedWorker } from "./engine/worker-handle.ts";
import { describeModel } from "./folder/describe-model.ts";
import { exists } from "./folder/disk-files.ts";
import { drafterFile } from "./folder/drafter-file.ts";
import type { Dtype } from "./folder/dtypes.ts";
import { type DiskFolder, openFolder } from "./folder/open-folder.ts";
import { chooseFile, findVariants } from "./folder/variants.ts";
import type { DraftTarget } from "./folder/vocabulary.ts";
import { checkHidden } from "./graph/check-hidden.ts";
import { type OnnxModel, onnxModel } from "./onnx-model.ts";
import { type DeviceOption, deviceOptions } from "./protocol/devices.ts";
import { gpuLock } from "./protocol/gpu-lock.ts";
import { threadScript } from "./protocol/thread-script.ts";

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

/**
 * Loads a Hugging Face folder (config.json and generation_config.json or genai_config.json, a variant of
 * onnx/model.onnx) into worker threads. If it has a tokenizer.json, ids without a token are never generated. Rejects
 * with `model_files` when a file is missing or files do not match.
 */
export async function loadModel(folder: DiskFolder, options: LoadOptions = {}): Promise<OnnxModel> {
  checkOptions(options);
  checkHidden(options.hidden);
  const {
    engines: count = 1,
    cacheBytes = 256 * 2 ** 20,
    sessionBytes = 2 ** 31,
    worker = threadScript("./worker", import.meta.url),
  } = options;
  const { threads = count > 1 ? 1 : defaultThreads(), spin = defaultSpin, device = "cpu", numbers } = options;
  const open = await openFolder(folder);
  const described = await describeModel(open, { ...options, name: options.name ?? basename(resolve(open.place)) });
  const chosen = await chooseFile(open, options, described.filename);
  const file = join(open.place, chosen.path);
  const beside = drafterFile(file);
  const drafter = options.drafter !== false && (await exists(beside)) ? beside : undefined;
  const request = loadRequest(described, {
    file,
    drafter,
    threads,
    spin,
    device,
    computesReadings: numbers,
    hidden: options.hidden,
    gpuLock,
    engines: count,
  });
  const load = workerLoader(request, cacheBytes);
  const engines = await startEngines(count, described.name, (owner, onLost) => {
    const link = startThread(worker, owner, onLost);
    return { link, worker: load(link) };
  });
  const { first } = engines[0] as Engine<LoadedWorker>;
  const { graph, check } = first;
  const notes = [...described.notes, ...chosen.notes];
  const states = missingStates(graph, options.hidden);
  const warnings = [...described.warnings, ...warningsOf(graph, check, await findVariants(open)), ...states];
  return onnxModel({ ...described, notes }, first, warnings, {
    places: count * placesOf(graph, described.contextLength, sessionBytes),
    engines: () => engines.map(({ state }) => state),
    open: (...asked) => openOnPool(engines, ...asked),
    close: () => closeAll(engines),
  });
}

/** Throws RangeError for an invalid option. */
function checkOptions({
  engines = 1,
  threads = 1,
  spin = 0,
  cacheBytes = 0,
  sessionBytes = 0,
  device = "cpu",
}: LoadOptions): void {
  for (const [name, value] of Object.entries({ engines, threads })) {
    if (!(Number.isInteger(value) && value >= 1))
      throw new RangeError(`${name} is ${value}; expected a whole number, 1 or more.`);
  }
  if (!(spin === Number.POSITIVE_INFINITY || (Number.isInteger(spin) && spin >= 0)))
    throw new RangeError(`spin is ${spin}; expected a whole number of microseconds, 0 or more, or Infinity.`);
  for (const [name, bytes] of Object.entries({ cacheBytes, sessionBytes }))
    if (!(bytes >= 0)) throw new RangeError(`${name} is ${bytes}; expected 0 or more.`);
  if (!deviceOptions.includes(device))
    throw new RangeError(`device is ${device}; expected one of ${deviceOptions.join(", ")}.`);
}

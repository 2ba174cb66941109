import { basename, join, resolve } from "node:path";
import { warningsOf } from "./checks/warnings.ts";
import type { Engine } from "./engine/engine.ts";
import { closeAll, openOnPool, startEngines } from "./engine/engine-pool.ts";
import { loadRequest } from "./engine/load-request.ts";
import { workerLoader } from "./engine/load-worker.ts";
import { startThread } from "./engine/thread-link.ts";
import { defaultSpin, defaultThreads } from "./engine/threads.ts";
import type { LoadedWorker } from "./engine/worker-handle.ts";
import { describeModel } from "./folder/describe-model.ts";
import { exists } from "./folder/disk-files.ts";
import { drafterFile } from "./folder/drafter-file.ts";
import type { Dtype } from "./folder/dtypes.ts";
import { type DiskFolder, openFolder } from "./folder/open-folder.ts";
import { chooseFile, findVariants } from "./folder/variants.ts";
import { type OnnxModel, onnxModel } from "./onnx-model.ts";
import { type DeviceOption, deviceOptions } from "./protocol/devices.ts";
import { gpuLock } from "./protocol/gpu-lock.ts";
import { threadScript } from "./protocol/thread-script.ts";

/** How a model is loaded. */
export interface LoadOptions {
  /**
   * Engines: workers that hold the model, each with a copy of its weights in memory. So many sessions run at a time;
   * those on one engine run in turn. Default 1, which suits one answer at a time; as many as there are cores give a
   * busy server the most answers, each of them later.
   */
  readonly engines?: number | undefined;
  /**
   * Threads for one pass of an engine: 1 suits a drafter beside a target. Default: `defaultThreads()`, for a target; 1
   * with several engines.
   */
  readonly threads?: number | undefined;
  /**
   * Microseconds for which a thread without work waits busily before it sleeps, from 0; Infinity leaves it to ONNX
   * Runtime, whose threads then take the cores from the other model of a pair. Default 500. `lenity bench threads`
   * shows what it does on a machine.
   */
  readonly spin?: number | undefined;
  /**
   * Bytes of caches that each engine keeps of closed sessions, for prompts that begin alike: the least recently used go
   * first. Default 256 MiB; 0 keeps none. Caches of open sessions are not counted.
   */
  readonly cacheBytes?: number | undefined;
  /**
   * Which variant of the model: `fp32` is model.onnx, `q4` model_q4.onnx, … Default: fp32, or the only one that is
   * there, or the only model under a name of its own, with a note.
   */
  readonly dtype?: Dtype | undefined;
  /** The model file, relative to the folder, in place of a variant. */
  readonly file?: string | undefined;
  /**
   * Whether drafting uses the drafter file beside the model (see `exportDrafter`), where there is one: the same drafts,
   * sooner, at the price of holding the weights twice. Default: true; a target needs none.
   */
  readonly drafter?: boolean | undefined;
  /**
   * The target for which this model drafts: its rows are then over the target's ids, and it drafts those that mean the
   * same to both. Rejects with `unsupported` when the tokenizers differ.
   */
  readonly draftsFor?: OnnxModel | undefined;
  /**
   * Where it computes. Another device than the CPU must give what the CPU gives, as a few tokens at loading show; it
   * does not equal it to the bit (see `check.blockDifference`). One that was named and is not available rejects with
   * `unsupported`; `auto` takes the first that is faster here, else the CPU, and `device` of the model says why.
   * Default: cpu.
   */
  readonly device?: DeviceOption | undefined;
  /**
   * Whether what verifiers read of a drafted block is computed beside its logits (see `Session.score`), in place of
   * sending the rows. Default: where the logits stay on a device, so that rows would cross the bus. It differs from the
   * plain arithmetic by rounding, up to 1e-4.
   */
  readonly numbers?: boolean | undefined;
  /**
   * The most tokens of a session, prompt and answer, from 2. Default: the folder's own limit, or 2048, with a note,
   * where it has none. More than the model's own limit rejects with `invalid_request`.
   */
  readonly contextLength?: number | undefined;
  /** Default: the folder's name. */
  readonly name?: string | undefined;
  /** The script of the worker threads, for bundlers that place it elsewhere. Default: `worker.ts` of this package. */
  readonly worker?: URL | undefined;
}

/**
 * Loads a Hugging Face folder (config.json and generation_config.json or genai_config.json, a variant of
 * onnx/model.onnx) into worker threads. Where it has a tokenizer.json, ids without a token never come out. Rejects with
 * `model_files` when something is missing or does not fit together.
 */
export async function loadModel(folder: DiskFolder, options: LoadOptions = {}): Promise<OnnxModel> {
  checkOptions(options);
  const {
    engines: count = 1,
    cacheBytes = 256 * 2 ** 20,
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
    gpuLock,
    engines: count,
  });
  const load = workerLoader(request, cacheBytes);
  const engines = await startEngines(count, described.name, (owner, onLost) => {
    const link = startThread(worker, owner, onLost);
    return { link, worker: load(link) };
  });
  const { graph, check } = (engines[0] as Engine<LoadedWorker>).first;
  const notes = [...described.notes, ...chosen.notes];
  const warnings = [...described.warnings, ...warningsOf(graph, check, await findVariants(open))];
  return onnxModel({ ...described, notes }, { graph, check }, warnings, {
    engines: () => engines.map(({ state }) => state),
    open: (prompt, scope) => openOnPool(engines, prompt, scope),
    close: () => closeAll(engines),
  });
}

/** Throws RangeError for a value that no option may have. */
function checkOptions({ engines = 1, threads = 1, spin = 0, cacheBytes = 0, device = "cpu" }: LoadOptions): void {
  for (const [name, value] of Object.entries({ engines, threads })) {
    if (!(Number.isInteger(value) && value >= 1))
      throw new RangeError(`${name} is ${value}; expected a whole number from 1.`);
  }
  if (!(spin === Number.POSITIVE_INFINITY || (Number.isInteger(spin) && spin >= 0)))
    throw new RangeError(`spin is ${spin}; expected a whole number of microseconds from 0, or Infinity.`);
  if (!(cacheBytes >= 0)) throw new RangeError(`cacheBytes is ${cacheBytes}; expected 0 or more.`);
  if (!deviceOptions.includes(device))
    throw new RangeError(`device is ${device}; expected one of ${deviceOptions.join(", ")}.`);
}

/** Loading a model: what is known before a worker starts, and what follows once engines run. */
import { basename, join, resolve } from "node:path";
import { missingStates, warningsOf } from "../checks/warnings.ts";
import { type Described, describeModel } from "../folder/describe-model.ts";
import { exists } from "../folder/disk-files.ts";
import { drafterFile } from "../folder/drafter-file.ts";
import type { ModelFolder } from "../folder/model-folder.ts";
import { type DiskFolder, openFolder } from "../folder/open-folder.ts";
import { chooseFile, findVariants } from "../folder/variants.ts";
import { checkHidden } from "../graph/check-hidden.ts";
import type { LoadOptions } from "../load-options.ts";
import { type OnnxModel, onnxModel } from "../onnx-model.ts";
import { deviceOptions } from "../protocol/devices.ts";
import { gpuLock } from "../protocol/gpu-lock.ts";
import type { Engine } from "./engine.ts";
import { closeAll, openOnPool } from "./engine-pool.ts";
import { loadRequest } from "./load-request.ts";
import { workerLoader } from "./load-worker.ts";
import { asRunning } from "./own-model.ts";
import { placesOf } from "./places.ts";
import { replyTimes } from "./reply-times.ts";
import { defaultSpin, defaultThreads } from "./threads.ts";
import type { LoadedWorker } from "./worker-handle.ts";

/** A model whose folder has been read. */
export interface PreparedModel {
  readonly folder: ModelFolder;
  readonly described: Described;
  /** Loads it in a worker. */
  readonly load: ReturnType<typeof workerLoader>;
  /** How many engines are to run it. */
  readonly count: number;
  readonly options: LoadOptions;
}

/** Reads the folder and chooses the file. Rejects as `loadModel` does. */
export async function prepareModel(place: DiskFolder, options: LoadOptions): Promise<PreparedModel> {
  checkOptions(options);
  checkHidden(options.hidden);
  const { engines: count = 1, cacheBytes = 256 * 2 ** 20, device = "cpu", numbers, batchBytes = 2 ** 28 } = options;
  const { threads = count > 1 ? 1 : defaultThreads(), spin = defaultSpin } = options;
  const folder = await openFolder(place);
  const described = await describeModel(folder, { ...options, name: options.name ?? basename(resolve(folder.place)) });
  const chosen = await chooseFile(folder, options, described.filename);
  const file = join(folder.place, chosen.path);
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
    batchBytes,
    timed: replyTimes.hasSubscribers,
  });
  const notes = [...described.notes, ...chosen.notes];
  return { folder, described: { ...described, notes }, load: workerLoader(request, cacheBytes), count, options };
}

/** The model, once its engines run. */
export async function runningModel(
  { folder, described, count, options }: PreparedModel,
  engines: readonly Engine<LoadedWorker>[],
): Promise<OnnxModel> {
  const { first } = engines[0] as Engine<LoadedWorker>;
  const { graph, check } = first;
  const { sessionBytes = 2 ** 31, hidden } = options;
  const states = missingStates(graph, hidden);
  const warnings = [...described.warnings, ...warningsOf(graph, check, await findVariants(folder)), ...states];
  const model = onnxModel(described, first, warnings, {
    places: count * placesOf(graph, described.contextLength, sessionBytes),
    engines: () => engines.map(({ state }) => state),
    open: (...asked) => openOnPool(engines, ...asked),
    close: () => closeAll(engines),
  });
  return asRunning(model, (link) => engines.some(({ worker }) => worker?.link === link));
}

/** Throws RangeError for an invalid option. */
function checkOptions({
  engines = 1,
  threads = 1,
  spin = 0,
  cacheBytes = 0,
  sessionBytes = 0,
  batchBytes = 0,
  device = "cpu",
}: LoadOptions): void {
  for (const [name, value] of Object.entries({ engines, threads })) {
    if (!(Number.isInteger(value) && value >= 1))
      throw new RangeError(`${name} is ${value}; expected a whole number, 1 or more.`);
  }
  if (!(spin === Number.POSITIVE_INFINITY || (Number.isInteger(spin) && spin >= 0)))
    throw new RangeError(`spin is ${spin}; expected a whole number of microseconds, 0 or more, or Infinity.`);
  for (const [name, bytes] of Object.entries({ cacheBytes, sessionBytes, batchBytes }))
    if (!(bytes >= 0)) throw new RangeError(`${name} is ${bytes}; expected 0 or more.`);
  if (!deviceOptions.includes(device))
    throw new RangeError(`device is ${device}; expected one of ${deviceOptions.join(", ")}.`);
}

import { answering } from "../answering.ts";
import { describeModel, loadRequest } from "../describe-model.ts";
import { drafterFile } from "../drafter-file.ts";
import { checkDtype, type Dtype, variantFile } from "../dtypes.ts";
import type { Runtime } from "../graph.ts";
import { loadHost } from "../load-host.ts";
import { type OnnxModel, onnxModel } from "../onnx-model.ts";
import { warningsOf } from "../warnings.ts";
import { fetchedBackend } from "./backend.ts";
import { checkBlocks } from "./check-blocks.ts";
import { type Folder, filesOf } from "./fetched-files.ts";
import { localLink } from "./local-link.ts";

/** How a model is loaded. */
export interface WebLoadOptions {
  /**
   * The module of ONNX Runtime: `onnxruntime-web/wasm`, or `onnxruntime-web/webgpu` for that provider. Its own settings, such as the place of its
   * .wasm files and the number of threads (`ort.env.wasm`), are made before the first model is loaded.
   */
  readonly ort: Runtime;
  /**
   * What computes. WebGPU gets its cache from the page's memory at each run, and was tried on a software adapter alone; where it scores long blocks
   * otherwise than short ones, loading rejects with `unsupported`. Default: wasm.
   */
  readonly provider?: "wasm" | "webgpu" | undefined;
  /**
   * Bytes of caches that are kept of closed sessions, for prompts that begin alike: the least recently used go first. Default 64 MiB; 0 keeps
   * none. Caches of open sessions are not counted.
   */
  readonly cacheBytes?: number | undefined;
  /** Which variant in the folder's onnx/: `fp32` is model.onnx, `q4` model_q4.onnx, … Default: fp32. */
  readonly dtype?: Dtype | undefined;
  /** The model file's path in the folder, in place of a variant. */
  readonly file?: string | undefined;
  /**
   * Whether drafting uses the drafter file beside the model (see `exportDrafter`), where there is one: the same drafts, sooner, at the price of
   * holding the weights twice. Default: true; a target needs none.
   */
  readonly drafter?: boolean | undefined;
  /**
   * The target for which this model drafts: its rows are then over the target's ids, and it says those that mean the same to both. Rejects with
   * `unsupported` when the tokenizers differ.
   */
  readonly draftsFor?: OnnxModel | undefined;
  /** Default: the last part of the folder's URL. */
  readonly name?: string | undefined;
}

/**
 * Loads a Hugging Face folder (config.json, generation_config.json, tokenizer.json, a variant of onnx/model.onnx) into this thread: a page stays
 * responsive when it does so in a worker. Sessions run in turn. Rejects with `model_files` when something is missing or does not fit together.
 */
export async function loadModel(folder: Folder, options: WebLoadOptions): Promise<OnnxModel> {
  const { ort, provider = "wasm", cacheBytes = 64 * 2 ** 20, dtype, file } = options;
  if (!(cacheBytes >= 0)) throw new RangeError(`cacheBytes is ${cacheBytes}; expected 0 or more.`);
  if (file !== undefined && dtype !== undefined)
    throw new TypeError(`Both file (${file}) and dtype (${dtype}) are given; expected one of them.`);
  checkDtype(dtype);
  const files = filesOf(folder);
  const model = file ?? `onnx/${variantFile(dtype ?? "fp32")}`;
  const drafter = drafterFile(model);
  const described = await describeModel(files, options.name ?? lastPart(files.place), options.draftsFor);
  const request = loadRequest(described, {
    file: files.nameOf(model),
    drafter: options.drafter === false ? undefined : files.nameOf(drafter),
    // The runtime has one number of threads for all models, and its own way to wait.
    threads: ort.env.wasm.numThreads ?? 1,
    spin: Number.POSITIVE_INFINITY,
  });
  const backend = fetchedBackend({ ort, files, model, drafter, provider });
  const link = localLink(answering(backend), backend.release, described.name);
  try {
    const host = await loadHost(link, request, cacheBytes);
    let closed = false;
    const model = onnxModel(described, host, warningsOf(request.file, host.check, [], host.graph.device.name), {
      engines: () => [{ state: closed ? "closed" : "ready", sessions: host.sessions, restarts: 0, keptBytes: host.keptBytes }],
      async open(prompt) {
        link.check();
        return host.open(prompt);
      },
      close() {
        closed = true;
        return link.close();
      },
    });
    if (provider === "webgpu") await checkBlocks(model, model.check.spread);
    return model;
  } catch (error) {
    await link.close();
    throw error;
  }
}

/** The name of a folder by its URL. */
function lastPart(place: string): string {
  return place.split("/").filter(Boolean).at(-1) ?? place;
}

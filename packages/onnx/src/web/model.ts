import { warningsOf } from "../checks/warnings.ts";
import { unavailable } from "../device/choose-device.ts";
import { loadRequest } from "../engine/load-request.ts";
import { loadWorker } from "../engine/load-worker.ts";
import { describeModel } from "../folder/describe-model.ts";
import { drafterFile } from "../folder/drafter-file.ts";
import { checkDtype, type Dtype, variantFile } from "../folder/dtypes.ts";
import type { Runtime } from "../graph/graph.ts";
import { type OnnxModel, onnxModel } from "../onnx-model.ts";
import { requestHandler } from "../worker/request-handler.ts";
import { fetchedBackend } from "./backend.ts";
import { type Folder, openFolder } from "./fetched-files.ts";
import { localLink } from "./local-link.ts";
import { adapterFault } from "./probe-webgpu.ts";

/** What can compute; auto: WebGPU where it is right and faster. */
const providers = ["wasm", "webgpu", "auto"] as const;

/** How a model is loaded. */
export interface WebLoadOptions {
  /**
   * The module of ONNX Runtime: `onnxruntime-web/wasm`, or `onnxruntime-web/webgpu` for that provider. Its own
   * settings, such as the place of its .wasm files and the number of threads (`ort.env.wasm`), are made before the
   * first model is loaded.
   */
  readonly ort: Runtime;
  /**
   * What computes. At loading WebGPU is compared with WebAssembly, and takes prompts in small blocks where it is right
   * in such alone. `webgpu` rejects with `unsupported` where it cannot be had or computes something else; `auto` takes
   * it where it is right and faster, else wasm; the model's `device` says why. Default: wasm.
   */
  readonly provider?: (typeof providers)[number] | undefined;
  /**
   * Bytes of caches that are kept of closed sessions, for prompts that begin alike: the least recently used go first.
   * Default 64 MiB; 0 keeps none. Caches of open sessions are not counted.
   */
  readonly cacheBytes?: number | undefined;
  /**
   * Which variant in the folder's onnx/: `fp32` is model.onnx, `q4` model_q4.onnx, … Default: what a genai_config.json
   * names, else fp32.
   */
  readonly dtype?: Dtype | undefined;
  /** The model file's path in the folder, in place of a variant. */
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
   * The most tokens of a session, prompt and answer, from 2. Default: the folder's own limit, or 2048, with a note,
   * where it has none. More than the model's own limit rejects with `invalid_request`.
   */
  readonly contextLength?: number | undefined;
  /** Default: the last part of the folder's URL. */
  readonly name?: string | undefined;
}

/**
 * Loads a Hugging Face folder (config.json, generation_config.json, tokenizer.json, a variant of onnx/model.onnx) into
 * this thread: a page stays responsive when it does so in a worker. Sessions run in turn. Rejects with `model_files`
 * when something is missing or does not fit together.
 */
export async function loadModel(folder: Folder, options: WebLoadOptions): Promise<OnnxModel> {
  const { ort, provider = "wasm", cacheBytes = 64 * 2 ** 20, dtype, file } = options;
  if (!providers.includes(provider))
    throw new RangeError(`provider is ${provider}; expected one of ${providers.join(", ")}.`);
  if (!(cacheBytes >= 0)) throw new RangeError(`cacheBytes is ${cacheBytes}; expected 0 or more.`);
  if (file !== undefined && dtype !== undefined)
    throw new TypeError(`Both file (${file}) and dtype (${dtype}) are given; expected one of them.`);
  checkDtype(dtype);
  const open = openFolder(folder);
  const { files } = open;
  const described = await describeModel(open, { ...options, name: options.name ?? lastPart(files.place) });
  const model =
    file ?? (dtype === undefined ? described.filename : undefined) ?? `onnx/${variantFile(dtype ?? "fp32")}`;
  const drafter = drafterFile(model);
  // Before the model is fetched: it may be large.
  const fault = provider === "webgpu" ? await adapterFault() : undefined;
  if (fault !== undefined) throw unavailable(described.name, "webgpu", fault);
  const request = loadRequest(described, {
    file: files.nameOf(model),
    drafter: options.drafter === false ? undefined : files.nameOf(drafter),
    // The runtime has one number of threads for all models, and its own way to wait.
    threads: ort.env.wasm.numThreads ?? 1,
    spin: Number.POSITIVE_INFINITY,
    device: provider === "wasm" ? "cpu" : provider,
  });
  const backend = fetchedBackend({ ort, files, model, drafter });
  const link = localLink(requestHandler(backend), backend.release, described.name);
  try {
    const worker = await loadWorker(link, request, cacheBytes);
    let closed = false;
    return onnxModel(described, worker, [...described.warnings, ...warningsOf(worker.graph, worker.check, [])], {
      engines: () => [
        { state: closed ? "closed" : "ready", sessions: worker.sessions, restarts: 0, keptBytes: worker.keptBytes },
      ],
      async open(prompt, scope) {
        link.check();
        return worker.open(prompt, scope);
      },
      close() {
        closed = true;
        return link.close();
      },
    });
  } catch (error) {
    await link.close();
    throw error;
  }
}

/** The name of a folder by its URL. */
function lastPart(place: string): string {
  return place.split("/").filter(Boolean).at(-1) ?? place;
}

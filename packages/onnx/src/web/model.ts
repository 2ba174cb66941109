import type { HiddenKind } from "@lenity/core";
import { missingStates, warningsOf } from "../checks/warnings.ts";
import { unavailable } from "../device/choose-device.ts";
import { loadRequest } from "../engine/load-request.ts";
import { loadWorker } from "../engine/load-worker.ts";
import { describeModel } from "../folder/describe-model.ts";
import { drafterFile } from "../folder/drafter-file.ts";
import { checkDtype, type Dtype, variantFile } from "../folder/dtypes.ts";
import { checkHidden } from "../graph/check-hidden.ts";
import type { Runtime } from "../graph/graph.ts";
import { type OnnxModel, onnxModel } from "../onnx-model.ts";
import { requestHandler } from "../worker/request-handler.ts";
import { fetchedBackend } from "./backend.ts";
import { type Folder, openFolder } from "./fetched-files.ts";
import { localLink } from "./local-link.ts";
import { adapterFault } from "./probe-webgpu.ts";

/** The available providers. auto: WebGPU if it is correct and faster. */
const providers = ["wasm", "webgpu", "auto"] as const;

/** How a model is loaded. */
export interface WebLoadOptions {
  /**
   * The ONNX Runtime module: `onnxruntime-web/wasm`, or `onnxruntime-web/webgpu` for that provider. Configure it
   * (`ort.env.wasm`: location of the .wasm files, number of threads) before the first model is loaded.
   */
  readonly ort: Runtime;
  /**
   * What the model runs on. WebGPU is compared with WebAssembly at loading; if it is correct only in small blocks,
   * prompts are cut into those. `webgpu` rejects with `unsupported` when WebGPU is not available or its results differ.
   * `auto` uses WebGPU if it is correct and faster, else wasm. The model's `device` gives the reason. Default: wasm.
   */
  readonly provider?: (typeof providers)[number] | undefined;
  /**
   * Bytes of caches that are kept from closed sessions, for later prompts that start with the same tokens. The least
   * recently used are dropped first. Default 64 MiB; 0 keeps none. Caches of open sessions do not count.
   */
  readonly cacheBytes?: number | undefined;
  /**
   * Which variant in the folder's onnx/: `fp32` is model.onnx, `q4` model_q4.onnx, … Default: the file named by
   * genai_config.json, else fp32.
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
  readonly draftsFor?: OnnxModel | undefined;
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
  /** The model's name. Default: the last part of the folder's URL. */
  readonly name?: string | undefined;
}

/**
 * Loads a Hugging Face folder (config.json, generation_config.json, tokenizer.json, a variant of onnx/model.onnx) into
 * this thread; call it in a worker to keep the page responsive. Sessions take turns. Rejects with `model_files` when a
 * file is missing or files do not match.
 */
export async function loadModel(folder: Folder, options: WebLoadOptions): Promise<OnnxModel> {
  const { ort, provider = "wasm", cacheBytes = 64 * 2 ** 20, dtype, file } = options;
  if (!providers.includes(provider))
    throw new RangeError(`provider is ${provider}; expected one of ${providers.join(", ")}.`);
  if (!(cacheBytes >= 0)) throw new RangeError(`cacheBytes is ${cacheBytes}; expected 0 or more.`);
  if (file !== undefined && dtype !== undefined)
    throw new TypeError(`Both file (${file}) and dtype (${dtype}) are given; expected only one of them.`);
  checkDtype(dtype);
  checkHidden(options.hidden);
  const open = openFolder(folder);
  const { files } = open;
  const described = await describeModel(open, { ...options, name: options.name ?? lastPart(files.place) });
  const model =
    file ?? (dtype === undefined ? described.filename : undefined) ?? `onnx/${variantFile(dtype ?? "fp32")}`;
  const drafter = drafterFile(model);
  // Checked before the model is fetched, which may be large.
  const fault = provider === "webgpu" ? await adapterFault() : undefined;
  if (fault !== undefined) throw unavailable(described.name, "webgpu", fault);
  const request = loadRequest(described, {
    file: files.nameOf(model),
    drafter: options.drafter === false ? undefined : files.nameOf(drafter),
    // The runtime has one thread count for all models, and decides itself how threads wait.
    threads: ort.env.wasm.numThreads ?? 1,
    spin: Number.POSITIVE_INFINITY,
    device: provider === "wasm" ? "cpu" : provider,
    hidden: options.hidden,
  });
  const backend = fetchedBackend({ ort, files, model, drafter });
  const link = localLink(requestHandler(backend), backend.release, described.name);
  try {
    const worker = await loadWorker(link, request, cacheBytes);
    let closed = false;
    const states = missingStates(worker.graph, options.hidden);
    const warnings = [...described.warnings, ...warningsOf(worker.graph, worker.check, []), ...states];
    return onnxModel(described, worker, warnings, {
      engines: () => [
        { state: closed ? "closed" : "ready", sessions: worker.sessions, restarts: 0, keptBytes: worker.keptBytes },
      ],
      async open(prompt, scope, blockExact) {
        link.check();
        return worker.open(prompt, scope, blockExact);
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

/** A folder's name, from its URL. */
function lastPart(place: string): string {
  return place.split("/").filter(Boolean).at(-1) ?? place;
}

import { type LanguageModel, LenityError } from "@lenity/core";
import { tolerance } from "../checks/difference.ts";
import { type SelfCheck, selfCheck } from "../checks/self-check.ts";
import type { WorkerLink } from "../protocol/link.ts";
import type { LoadReply, LoadRequest } from "../protocol/protocol.ts";
import { type LoadedWorker, workerHandle } from "./worker-handle.ts";

/** Loads the model in a worker and tries it out. Rejects with `model_files` when it is not what it should be. */
export async function loadWorker(link: WorkerLink, request: LoadRequest, cacheBytes: number): Promise<LoadedWorker> {
  const graph = await link.request<LoadReply>(request);
  const { name, file, width, vocabulary, unused, contextLength, eos } = request;
  const about = { name, source: file, vocabulary, unused, readable: width, contextLength, hidden: graph.hidden };
  const facts = { ...about, lastOnly: graph.lastOnly, computesReadings: graph.computesReadings };
  const probe = workerHandle(link, facts, 0);
  // Other devices are compared with the CPU in longer blocks than these, and some are only right in shorter ones.
  const most = graph.device.name === "cpu" ? undefined : 7;
  const check = await tryOut({ ...facts, eos, open: () => probe.open([]), close: () => link.close() }, file, most);
  // Not spread: its getters must stay getters.
  return Object.assign(workerHandle(link, facts, cacheBytes), { graph, check });
}

/**
 * Loads workers of one model, one after another or at once. Those that begin after the first is loaded go to its
 * device, so that what the model says of its device stays true.
 */
export function workerLoader(
  request: LoadRequest,
  cacheBytes: number,
  load: typeof loadWorker = loadWorker,
): (link: WorkerLink) => Promise<LoadedWorker> {
  let { device } = request;
  return async (link) => {
    const worker = await load(link, { ...request, device }, cacheBytes);
    device = worker.graph.device.name;
    return worker;
  };
}

/** Finds what declared shapes leave open, and warms the model up. */
async function tryOut(model: LanguageModel, file: string, most: number | undefined): Promise<SelfCheck> {
  const expected =
    "Expected a text decoder with com.microsoft.GroupQueryAttention or with caches that grow by each block; export it with onnxruntime-genai, Optimum or lenity export.";
  const check = await selfCheck(model, most).catch((cause) => {
    // These already say what to do.
    const isExplained =
      cause instanceof LenityError && ["bad_logits", "worker_lost", "out_of_memory"].includes(cause.code);
    const advice = isExplained ? "" : ` ${expected}`;
    throw new LenityError("model_files", `${file} fails on its first tokens: ${(cause as Error).message}${advice}`, {
      cause,
    });
  });
  if (check.blockDifference <= tolerance.blocks * check.spread) return check;
  const seen = `${check.blockDifference.toPrecision(2)} where logits span ${check.spread.toPrecision(2)}`;
  throw new LenityError(
    "model_files",
    `${file} scores tokens differently in a block and one by one (by ${seen}). ${expected}`,
  );
}

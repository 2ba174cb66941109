import { type LanguageModel, LenityError } from "@lenity/core";
import { isUnrounded } from "../checks/compare-devices.ts";
import { tolerance } from "../checks/difference.ts";
import { type SelfCheck, selfCheck } from "../checks/self-check.ts";
import { chunk } from "../protocol/chunk.ts";
import type { WorkerLink } from "../protocol/link.ts";
import type { LoadReply, LoadRequest } from "../protocol/protocol.ts";
import { turns } from "./turns.ts";
import { type LoadedWorker, type Place, workerHandle } from "./worker-handle.ts";

/** Loads the model at a place in a worker and checks it. Rejects with `model_files` when it fails the checks. */
export async function loadWorker(
  link: WorkerLink,
  request: LoadRequest,
  cacheBytes: number,
  place: Place = { number: 0, line: turns() },
): Promise<LoadedWorker> {
  const graph = await link.request<LoadReply>(request, undefined, place.number);
  if (graph.slots !== undefined) place.line.share(graph.slots);
  const { name, file, width, vocabulary, unused, contextLength, eos } = request;
  const about = { name, source: file, vocabulary, unused, readable: width, contextLength, eos, hidden: graph.hidden };
  const facts = { ...about, lastOnly: graph.lastOnly, computesReadings: graph.computesReadings };
  const probe = workerHandle(link, facts, 0, place);
  // Other devices have already been compared with the CPU on longer blocks, and some are correct only in short ones.
  const most = graph.device.name === "cpu" ? undefined : 7;
  const open: LanguageModel["open"] = ({ blockExact } = {}) => probe.open([], undefined, blockExact);
  const check = await tryOut({ ...facts, open, close: () => link.close() }, file, most);
  const aloneAsInBlocks = check.singleDifference === 0 && isUnrounded(graph, graph.weights);
  // Where blocks give other bits than their parts, a text would depend on who else used the model.
  const longestRun = check.blockDifference === 0 ? Math.max(chunk, graph.longestRun) : chunk;
  // Not spread: its getters must stay getters.
  return Object.assign(workerHandle(link, { ...facts, aloneAsInBlocks, longestRun }, cacheBytes, place), {
    ...{ graph, check, aloneAsInBlocks },
  });
}

/**
 * Loads workers of one model, one after another or in parallel. Those started after the first has loaded use its
 * device, so that the model's `device` stays true.
 */
export function workerLoader(
  request: LoadRequest,
  cacheBytes: number,
  load: typeof loadWorker = loadWorker,
): (link: WorkerLink, place?: Place) => Promise<LoadedWorker> {
  let { device } = request;
  return async (link, place) => {
    const worker = await load(link, { ...request, device }, cacheBytes, place);
    device = worker.graph.device.name;
    return worker;
  };
}

/** Finds problems that the declared shapes do not show, and warms up the model. */
async function tryOut(model: LanguageModel, file: string, most: number | undefined): Promise<SelfCheck> {
  const expected =
    "Expected a text decoder with com.microsoft.GroupQueryAttention or with caches that grow with each block; export it with onnxruntime-genai, Optimum or lenity export.";
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
    `${file} scores tokens differently in a block than one by one (by ${seen}). ${expected}`,
  );
}

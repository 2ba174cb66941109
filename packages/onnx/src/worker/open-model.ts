/** Handles a worker's request to load its model. */
import type { Token } from "@lenity/core";
import type { InferenceSession } from "onnxruntime-node";
import type { Gathering } from "../batch/gathering.ts";
import { lazyBatch } from "../batch/lazy-batch.ts";
import { checkDrafter } from "../checks/check-drafter.ts";
import { type BlockScorer, blockScorer } from "../evidence/block-scorer.ts";
import type { Backend, OpenGraph } from "../open/backend.ts";
import { fitDrafter } from "../open/open-drafter.ts";
import { chunk } from "../protocol/chunk.ts";
import type { Device } from "../protocol/devices.ts";
import type { LoadReply, LoadRequest } from "../protocol/protocol.ts";
import type { Model } from "../run/sequence.ts";
import type { RunTimes } from "./run-times.ts";

/** A model that is ready to run, and what the main thread needs to know about it. */
export interface OpenModel {
  readonly model: Model;
  /** Present when readings of drafted blocks are computed next to their logits. */
  readonly scorer: BlockScorer | undefined;
  readonly eos: ReadonlySet<Token>;
  readonly reply: LoadReply;
}

/**
 * Opens the model file and its drafter file, and checks that both give the same drafts. `runs` times their runs.
 * `gathering` brings together those of several sequences.
 */
export async function openModel(
  backend: Backend,
  request: LoadRequest,
  { runs, gathering }: { readonly runs?: RunTimes | undefined; readonly gathering?: Gathering | undefined } = {},
): Promise<OpenModel> {
  const opened = await backend.openGraph(request);
  const { graph } = opened;
  const { name, file, width, vocabulary, unused, contextLength } = request;
  const eos = new Set(request.eos);
  let model: Model = { graph, name, width, vocabulary, unused, contextLength };
  const drafter = await openDrafter(backend, request, opened.device.name);
  if (drafter.session !== undefined) {
    model = { ...model, drafter: fitDrafter(drafter.session, drafter.file, graph, request) };
    await checkDrafter(model, eos, drafter.file, file);
  }
  const computesReadings = request.computesReadings ?? graph.fetch !== undefined;
  const scorer = computesReadings ? blockScorer(model) : undefined;
  // A timed model serves one request at a time, so that its runs are those of the request.
  const { batched } = graph;
  if (batched !== undefined && gathering !== undefined && runs === undefined)
    model = { ...model, together: { batch: lazyBatch(model, batched), gathering } };
  runs?.add(graph.session, name);
  if (drafter.session !== undefined) runs?.add(drafter.session, name);
  return {
    model,
    scorer,
    eos,
    reply: replyOf(opened, { file, computesReadings, drafter, slots: model.together?.batch.slots }),
  };
}

/** An open drafter file; or why the drafter file is not used, as one sentence; empty if there is none. */
type OpenDrafter =
  | { readonly session: InferenceSession; readonly file: string; readonly reason: readonly [] }
  | { readonly session?: undefined; readonly reason: readonly string[] };

async function openDrafter(backend: Backend, request: LoadRequest, device: Device): Promise<OpenDrafter> {
  const { drafter: file } = request;
  if (file === undefined) return { reason: [] };
  if (device !== "cpu") {
    return { reason: [`The drafter file is not used on ${device}: it needs the caches in this program's memory.`] };
  }
  const session = await backend.openDrafter(file, request);
  if (session === undefined) return { reason: [] };
  return typeof session === "string" ? { reason: [session] } : { session, file, reason: [] };
}

function replyOf(
  { graph, facts, device }: OpenGraph,
  {
    file,
    computesReadings,
    drafter,
    slots,
  }: {
    readonly file: string;
    readonly computesReadings: boolean;
    readonly drafter: OpenDrafter;
    readonly slots: number | undefined;
  },
): LoadReply {
  const { inputs, outputs, layers, groups, headSize, precision, combined, int8, leastRows, family, newRows, lastOnly } =
    graph;
  const widths = Object.entries(graph.hidden).map(([kind, { width }]) => [kind, width]);
  return {
    file,
    device: { ...device, why: [device.why, ...drafter.reason].join(" ") },
    drafter: drafter.session === undefined ? undefined : drafter.file,
    inputs,
    outputs,
    layers,
    groups,
    headSize,
    precision,
    combined,
    int8,
    leastRows,
    family,
    newRows,
    lastOnly,
    hidden: Object.fromEntries(widths),
    computesReadings,
    slots,
    longestRun: graph.chunk ?? chunk,
    ...facts,
    missing: [...facts.missing, ...drafter.reason],
  };
}

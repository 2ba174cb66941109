import { LenityError } from "@lenity/core";
import type { InferenceSession } from "onnxruntime-node";
import { batchModel, planBatch } from "../batch/batch-graph.ts";
import type { BatchedForm, Graph } from "../graph/graph.ts";
import { externalData } from "../onnx-file/external-data.ts";
import { firstLine } from "../onnx-file/first-line.ts";
import type { GraphBuilder } from "../onnx-file/graph-builder.ts";
import type { OnnxScan } from "../onnx-file/scan.ts";
import { scanOnnx } from "../onnx-file/scan-file.ts";
import { chunk, longChunk } from "../protocol/chunk.ts";
import type { FileFacts, LoadRequest } from "../protocol/protocol.ts";
import { int8Overflows } from "./create-session.ts";
import { openFile, openInstead, openUnchanged } from "./open-file.ts";
import { probeGraph } from "./probe-graph.ts";
import { smallSession } from "./small-session.ts";

/**
 * The most sequences of a run. Every slot costs time in every run, used or not, and split attention has many nodes: the
 * runtime takes four times as long to open twice as many.
 */
const mostSlots = { grouped: 8, split: 4 } as const;

/** All of ONNX Runtime's module for Node. */
export type NodeRuntime = typeof import("onnxruntime-node");

/**
 * Opens the file and checks it. Throws `model_files` with the problem and the remedy, and `unsupported` where ONNX
 * Runtime does not run.
 */
export async function openGraph(
  runtime: NodeRuntime,
  request: LoadRequest,
  overflows: (runtime: NodeRuntime) => Promise<boolean> = int8Overflows,
): Promise<{ readonly graph: Graph; readonly facts: FileFacts }> {
  const scan = scanOnnx(request.file);
  const opened = await openFile(runtime, scan, sessionOptions(request), request.hidden);
  const { graph, facts } = await probeGraph(runtime, scan, opened, request);
  if (graph.int8 === true && (await overflows(runtime))) {
    throw new LenityError(
      "unsupported",
      `${request.file} has an int8 cache, and ONNX Runtime's int8 products overflow on this processor, which has no VNNI. Export the model with --cache-type float32.`,
    );
  }
  const providers = runtime.listSupportedBackends().map(({ name, bundled }) => ({ name, bundled }));
  const openBeside = (small: GraphBuilder) => smallSession(runtime, small, sessionOptions(request));
  return {
    graph: { ...graph, chunk: longestRun(graph), openBeside, batched: batchedForm(runtime, scan, graph, request) },
    facts: { ...facts, weightFiles: [...externalData(scan).keys()], providers },
  };
}

/** The most tokens per run: few where a run computes logits for all of them, which take much memory. */
function longestRun({ inputs, lastOnly }: Pick<Graph, "inputs" | "lastOnly">): number {
  return lastOnly || inputs.some(({ name }) => name === "num_logits_to_keep") ? longChunk : chunk;
}

/** The form of the graph for several sequences, if it has one and the request allows it. */
function batchedForm(
  runtime: NodeRuntime,
  scan: OnnxScan,
  {
    family,
    layers,
    groups,
    headSize,
    precision,
    hidden,
    lastOnly,
    leastRows,
    combined,
    int8,
  }: Omit<Graph, "openBeside">,
  request: LoadRequest,
): BatchedForm | undefined {
  const isSplit = family === "split" && int8 !== true;
  if (!isSplit && family !== "new-rows") return undefined;
  if (lastOnly || leastRows !== undefined || combined === true) return undefined;
  const bytes = [...externalData(scan).values()].reduce((sum, more) => sum + more, scan.bytes);
  if (bytes > (request.batchBytes ?? 0)) return undefined;
  const states = Object.values(hidden).map(({ output }) => output);
  const shape = { layers, groups, headSize, precision, isSplit };
  const plan = planBatch(scan, shape, states);
  if (plan === undefined) return undefined;
  const slots = isSplit ? mostSlots.split : mostSlots.grouped;
  return {
    slots,
    outputs: plan.outputs,
    open: async () =>
      openInstead(runtime, scan, sessionOptions(request), (bytes) => batchModel(bytes, scan, plan, shape, slots)),
  };
}

/** Opens the drafter file of a request that names one. */
export async function openDrafterSession(
  runtime: NodeRuntime,
  drafter: string,
  request: LoadRequest,
): Promise<InferenceSession> {
  return openUnchanged(runtime, scanOnnx(drafter), sessionOptions(request));
}

/** The options of sessions on the CPU. */
export function sessionOptions({
  threads,
  spin,
}: Pick<LoadRequest, "threads" | "spin">): InferenceSession.SessionOptions {
  return {
    executionProviders: ["cpu"],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    // Threads that spin without limit take cores from the other model of a pair: a drafting round then took twice as
    // long.
    ...(spin === Number.POSITIVE_INFINITY ? {} : { extra: { session: { intra_op: { spin_duration_us: `${spin}` } } } }),
  };
}

/** Imports ONNX Runtime. Throws `unsupported` when it has no binary for this platform. */
export async function importRuntime(): Promise<NodeRuntime> {
  let runtime: NodeRuntime & { default?: NodeRuntime };
  try {
    runtime = await import("onnxruntime-node");
  } catch (cause) {
    throw new LenityError(
      "unsupported",
      `onnxruntime-node has no binary for ${process.platform}/${process.arch}: ${firstLine(cause)}.`,
      {
        cause,
      },
    );
  }
  runtime = runtime.default ?? runtime;
  // Errors are thrown, so the runtime need not print them too.
  runtime.env.logLevel = "fatal";
  return runtime;
}

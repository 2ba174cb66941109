import { LenityError } from "@lenity/core";
import type { InferenceSession } from "onnxruntime-node";
import { findFamily } from "./cache-family.ts";
import { externalDataFault } from "./external-data.ts";
import type { Graph, Runtime } from "./graph.ts";
import { checkPorts } from "./ports.ts";
import type { LoadRequest, Port } from "./protocol.ts";

/** Loads the file, checks its inputs and outputs and tries its cache. Throws `model_files` with what is wrong and what to do. */
export async function openGraph({ file, threads, vocabulary }: LoadRequest): Promise<Graph> {
  const runtime = await importRuntime();
  const session = await runtime.InferenceSession.create(file, {
    executionProviders: ["cpu"],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    // Threads that spin without bound take the cores from the other model of a pair: a drafting round took twice as long.
    extra: { session: { intra_op: { spin_duration_us: "500" } } },
  }).catch((cause) => {
    const fault = externalDataFault(file);
    if (fault !== undefined) throw new LenityError("model_files", fault, { cause });
    throw new LenityError(
      "model_files",
      `${file} cannot be loaded by ONNX Runtime: ${firstLine(cause)}. Expected a whole .onnx decoder; export or download it again.`,
      { cause },
    );
  });
  const inputs = session.inputMetadata.map(toPort);
  const outputs = session.outputMetadata.map(toPort);
  const graph = { runtime, session, inputs, outputs, ...checkPorts(file, inputs, outputs, vocabulary) };
  return { ...graph, family: await findFamily(graph) };
}

async function importRuntime(): Promise<Runtime> {
  let runtime: Runtime & { default?: Runtime };
  try {
    runtime = await import("onnxruntime-node");
  } catch (cause) {
    throw new LenityError("unsupported", `onnxruntime-node has no binary for ${process.platform}/${process.arch}: ${firstLine(cause)}.`, {
      cause,
    });
  }
  runtime = runtime.default ?? runtime;
  // What fails is thrown; the runtime need not print it as well.
  runtime.env.logLevel = "fatal";
  return runtime;
}

const firstLine = (error: unknown) => (error instanceof Error ? error.message : String(error)).split("\n", 1)[0]?.replace(/\.$/, "") ?? "";

function toPort(value: InferenceSession.ValueMetadata): Port {
  return value.isTensor
    ? { name: value.name, type: value.type, shape: value.shape }
    : { name: value.name, type: "not a tensor", shape: [] };
}

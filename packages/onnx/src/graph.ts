/** An ONNX decoder, opened: its ports checked against the family that this package runs. Lives in the worker. */
import { type HiddenKind, LenityError } from "@lenity/core";
import type { InferenceSession } from "onnxruntime-node";
import type { LoadRequest, Port } from "./protocol.ts";

type Runtime = typeof import("onnxruntime-node");

/** An opened file: one pass of it scores a block. */
export interface Graph {
  readonly runtime: Runtime;
  readonly session: InferenceSession;
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  readonly layers: number;
  /** Key and value heads. */
  readonly groups: number;
  readonly headSize: number;
  /** Whether the graph gives the block's cache rows alone (present_rows); else whole caches are updated in place. */
  readonly newRows: boolean;
  /** The output that gives each kind of hidden state, and its width. */
  readonly hidden: Readonly<Partial<Record<HiddenKind, { readonly output: string; readonly width: number }>>>;
}

/** Loads the file and checks its inputs and outputs. Throws `model_files` with what is wrong and what to do. */
export async function openGraph({ file, threads, vocabulary }: LoadRequest): Promise<Graph> {
  const runtime = await importRuntime();
  const session = await runtime.InferenceSession.create(file, {
    executionProviders: ["cpu"],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    // Threads that spin without bound take the cores from the other model of a pair: a drafting round took twice as long.
    extra: { session: { intra_op: { spin_duration_us: "500" } } },
  }).catch((cause) => {
    throw new LenityError(
      "model_files",
      `${file} cannot be loaded by ONNX Runtime: ${firstLine(cause)}. Expected a whole .onnx decoder; export or download it again.`,
      { cause },
    );
  });
  const inputs = session.inputMetadata.map(toPort);
  const outputs = session.outputMetadata.map(toPort);
  return { runtime, session, inputs, outputs, ...checkPorts(file, inputs, outputs, vocabulary) };
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

const plainInputs = new Set(["input_ids", "attention_mask", "position_ids", "num_logits_to_keep"]);

/** Checks names, types and shapes: the GroupQueryAttention form of a decoder, batch 1, float32. */
export function checkPorts(
  file: string,
  inputs: readonly Port[],
  outputs: readonly Port[],
  vocabulary: number,
): Pick<Graph, "layers" | "groups" | "headSize" | "newRows" | "hidden"> {
  const refuse = (what: string) => new LenityError("model_files", `${file} ${what}`);
  const list = (ports: readonly Port[]) => ports.map(({ name }) => name).join(", ");
  const output = new Map(outputs.map((port) => [port.name, port]));
  const caches = inputs.filter(({ name }) => name.startsWith("past_key_values."));
  const state = inputs.find(({ name }) => /^past_(?!key_values\.)/.test(name));
  if (state !== undefined) {
    throw refuse(
      `keeps the state ${state.name}, which cannot be rewound to an earlier token. Speculative decoding needs a model with attention only.`,
    );
  }
  for (const name of ["input_ids", "attention_mask"]) {
    if (!inputs.some((port) => port.name === name)) {
      throw refuse(
        `has no input ${name}; found ${list(inputs)}. Expected a decoder with input_ids, attention_mask and past_key_values.N.key|value: export it with a cache.`,
      );
    }
  }
  const stray = inputs.find(({ name }) => !plainInputs.has(name) && !name.startsWith("past_key_values."));
  if (stray !== undefined)
    throw refuse(
      `wants the input ${stray.name}, which is not of a text decoder. Known: ${[...plainInputs].join(", ")}, past_key_values.N.key|value.`,
    );
  const layers = caches.length / 2;
  for (let n = 0; n < Math.max(1, layers); n++) {
    for (const part of ["key", "value"]) {
      const past = caches.find(({ name }) => name === `past_key_values.${n}.${part}`);
      if (past === undefined) throw refuse(`has no input past_key_values.${n}.${part}; found ${list(inputs)}. Export it with a cache.`);
      if (!output.has(`present.${n}.${part}`))
        throw refuse(`has no output present.${n}.${part}; found ${list(outputs)}. Export it with a cache.`);
      if (past.type !== "float32")
        throw refuse(`has a cache of type ${past.type}; expected float32. Export it with float32 inputs and outputs.`);
    }
  }
  const [, groups, , headSize] = caches[0]?.shape ?? [];
  if (typeof groups !== "number" || typeof headSize !== "number") {
    throw refuse(
      `has a cache of shape [${caches[0]?.shape.join(", ")}]; expected [1, heads, length, head size] with fixed heads and head size.`,
    );
  }
  const logits = output.get("logits");
  if (logits?.type !== "float32")
    throw refuse(`has no float32 output logits; found ${outputs.map(({ name, type }) => `${name} (${type})`).join(", ")}.`);
  const width = logits.shape.at(-1);
  if (typeof width === "number" && width !== vocabulary) {
    throw refuse(
      `gives logits of ${width} tokens, config.json says vocab_size ${vocabulary}. The two belong to different models; fetch both from the same place.`,
    );
  }
  const rows = output.get("present_rows");
  const newRows = rows?.type === "float32" && rows.shape[0] === 2 * layers;
  return { layers, groups, headSize, newRows, hidden: hiddenOutputs(output) };
}

/**
 * `last_hidden_state` is transformers' name for the final norm's output. `hidden_states` is its input in files that have both (such as
 * `exportLlama` writes); alone it is onnxruntime-genai's name, which stands for the output.
 */
function hiddenOutputs(outputs: ReadonlyMap<string, Port>): Graph["hidden"] {
  const tap = (name: string) => {
    const port = outputs.get(name);
    const width = port?.shape.at(-1);
    return port?.type === "float32" && typeof width === "number" ? { output: name, width } : undefined;
  };
  const states = tap("hidden_states");
  const last = tap("last_hidden_state");
  if (last === undefined) return states === undefined ? {} : { "post-norm": states };
  return states === undefined ? { "post-norm": last } : { "pre-norm": states, "post-norm": last };
}

/** Measures the inputs of each matrix, or what each layer's cache will hold, while a model reads text. */
import { LenityError, type Token } from "@lenity/core";
import type { Tensor } from "onnxruntime-node";
import { cacheParts } from "../graph/cache-tensors.ts";
import type { GraphBuilder } from "../onnx-file/graph-builder.ts";
import { importRuntime } from "../open/open-graph.ts";
import type { Attention } from "./attention.ts";
import { groupQueryAttention } from "./attention-gqa.ts";
import { observeCaches } from "./cache-scales.ts";
import type { DecoderConfig } from "./decoder-config.ts";
import { positions } from "./decoder-graph.ts";
import { decoderPass } from "./decoder-pass.ts";
import { type DecoderWeights, floatWeights } from "./decoder-weights.ts";
import type { InputStatistic } from "./input-statistics.ts";
import { rotaryTables } from "./rotary.ts";
import type { Tensors } from "./safetensors.ts";

/** The maximum tokens per run. Longer sequences are cut, and each piece is read on its own. */
const longest = 512;

/**
 * The graph that `calibrate` runs to measure the inputs of matrices, in float32. Returns the name of the statistic's
 * output for each matrix.
 */
export function calibrationGraph(
  graph: GraphBuilder,
  config: DecoderConfig,
  tensors: Tensors,
  { observe }: Pick<InputStatistic<unknown>, "observe">,
): ReadonlyMap<string, string> {
  const observer = observed(graph, floatWeights(graph, tensors, config, "float32"), observe);
  readingPass(graph, config, observer, groupQueryAttention);
  observer.observe("normed", "lm_head", config.width);
  return observer.outputs;
}

/**
 * The graph that `calibrate` runs to measure queries, keys and values, in float32. Returns the outputs of
 * `observeCaches`.
 */
export function cacheCalibrationGraph(
  graph: GraphBuilder,
  config: DecoderConfig,
  tensors: Tensors,
): ReadonlyMap<string, string> {
  const outputs = new Map<string, string>();
  readingPass(graph, config, floatWeights(graph, tensors, config, "float32"), (graph, config, pass, layer) => {
    for (const [name, output] of observeCaches(graph, config, layer)) outputs.set(name, output);
    groupQueryAttention(graph, config, pass, layer);
  });
  return outputs;
}

/** A pass over a text from its beginning. */
function readingPass(graph: GraphBuilder, config: DecoderConfig, weights: DecoderWeights, attend: Attention): void {
  graph.input("input_ids", "int64", [1, "length"]);
  graph.input("attention_mask", "int64", [1, "length"]);
  positions(graph);
  rotaryTables(graph, config);
  for (const part of cacheParts(config.layers)) {
    graph.weights(`past.${part}`, new Float32Array(), [1, config.groups, 0, config.headSize], "float32");
  }
  const pass = {
    prefix: "",
    ids: "input_ids",
    lastIndex: "last_index",
    totalLength: "total_length",
    past: "past",
    present: "present",
    states: "states",
    normed: "normed",
  };
  decoderPass(graph, weights, config, pass, attend);
}

/** The same weights, in a graph that also returns a statistic of their inputs. `outputs`: the output for each matrix. */
function observed(graph: GraphBuilder, weights: DecoderWeights, statistic: InputStatistic<unknown>["observe"]) {
  const outputs = new Map<string, string>();
  const known = new Map<string, string>();
  const observe = (input: string, matrix: string, columns: number): void => {
    const output = known.get(input) ?? statistic(graph, input, columns);
    known.set(input, output);
    outputs.set(matrix, output);
  };
  return {
    ...weights,
    outputs,
    observe,
    project(input: string, output: string, name: string, columns: number, rows: number, biased: boolean) {
      observe(input, name, columns);
      weights.project(input, output, name, columns, rows, biased);
    },
  };
}

/**
 * The statistic of each output while the model of `file` (written by one of the functions above, which returned the
 * `outputs`) read the sequences. Rejects with `invalid_request` when the model lacks one
 * of the tokens and with `aborted` when the signal fires.
 */
export async function calibrate<Value>(
  file: string,
  outputs: ReadonlyMap<string, string>,
  { vocabulary, context }: DecoderConfig,
  sequences: readonly (readonly Token[])[],
  {
    statistic,
    progress,
    signal,
  }: {
    readonly statistic: Pick<InputStatistic<Value>, "add">;
    progress(done: number, all: number): void;
    readonly signal: AbortSignal | undefined;
  },
): Promise<ReadonlyMap<string, Value>> {
  const pieces = sequences.flatMap((sequence) => cut(sequence, Math.min(longest, context)));
  const stray = pieces.flat().find((token) => !(Number.isInteger(token) && token >= 0 && token < vocabulary));
  if (stray !== undefined) {
    throw new LenityError(
      "invalid_request",
      `The calibration contains token ${stray}; the model's ids are 0 to ${vocabulary - 1}. Encode the text with the model's own tokenizer.`,
    );
  }
  const runtime = await importRuntime();
  const session = await runtime.InferenceSession.create(file, { executionProviders: ["cpu"] });
  try {
    const seen = new Map<string, Value>();
    // Some matrices have the same inputs: the first of each.
    const matrices = new Map<string, string>();
    for (const [matrix, output] of outputs) if (!matrices.has(output)) matrices.set(output, matrix);
    for (const [at, piece] of pieces.entries()) {
      if (signal?.aborted === true)
        throw new LenityError("aborted", "The export was cancelled.", { cause: signal.reason });
      progress(at, pieces.length);
      const shape = [1, piece.length];
      const results = await session.run({
        input_ids: new runtime.Tensor("int64", BigInt64Array.from(piece, BigInt), shape),
        attention_mask: new runtime.Tensor("int64", new BigInt64Array(piece.length).fill(1n), shape),
      });
      for (const [output, matrix] of matrices) {
        const found = (results[output] as Tensor).data as Float32Array;
        const odd = found.find((value) => !Number.isFinite(value));
        if (odd !== undefined) {
          throw new LenityError(
            "model_files",
            `The model computes ${odd} as input of ${matrix}: its weights are damaged. Download them again.`,
          );
        }
        seen.set(output, statistic.add(seen.get(output), found));
      }
    }
    progress(pieces.length, pieces.length);
    return new Map(Array.from(outputs, ([matrix, output]) => [matrix, seen.get(output) as Value]));
  } finally {
    await session.release();
  }
}

function cut(sequence: readonly Token[], length: number): (readonly Token[])[] {
  return Array.from({ length: Math.ceil(sequence.length / length) }, (_, i) =>
    sequence.slice(i * length, (i + 1) * length),
  );
}

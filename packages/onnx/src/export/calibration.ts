/** Measures the inputs of each matrix while a model reads text: the ranges for static int8 scales. */
import { LenityError, type Token } from "@lenity/core";
import type { Tensor } from "onnxruntime-node";
import { cacheParts } from "../graph/cache-tensors.ts";
import type { GraphBuilder } from "../onnx-file/graph-builder.ts";
import { importRuntime } from "../open/open-graph.ts";
import type { DecoderConfig } from "./decoder-config.ts";
import { positions } from "./decoder-graph.ts";
import { decoderPass } from "./decoder-pass.ts";
import { type DecoderWeights, floatWeights } from "./decoder-weights.ts";
import { rotaryTables } from "./rotary.ts";
import type { Tensors } from "./safetensors.ts";

/** The maximum tokens per run. Longer sequences are cut, and each piece is read on its own. */
const longest = 512;

/**
 * The graph that `calibrate` runs, in float32. Its outputs are float32 [1, length]: the largest magnitude in each row
 * of an input.
 */
export function calibrationGraph(
  graph: GraphBuilder,
  config: DecoderConfig,
  tensors: Tensors,
): ReadonlyMap<string, string> {
  graph.input("input_ids", "int64", [1, "length"]);
  graph.input("attention_mask", "int64", [1, "length"]);
  positions(graph);
  rotaryTables(graph, config);
  for (const part of cacheParts(config.layers)) {
    graph.weights(`past.${part}`, new Float32Array(), [1, config.groups, 0, config.headSize], "float32");
  }
  const observer = observed(graph, floatWeights(graph, tensors, config, "float32"));
  decoderPass(graph, observer, config, {
    prefix: "",
    ids: "input_ids",
    lastIndex: "last_index",
    totalLength: "total_length",
    past: "past",
    present: "present",
    states: "states",
    normed: "normed",
  });
  observer.observe("normed", "lm_head");
  return observer.outputs;
}

/** The same weights, in a graph that also returns their inputs. `outputs`: the output for each matrix. */
function observed(graph: GraphBuilder, weights: DecoderWeights) {
  const outputs = new Map<string, string>();
  const axis = graph.integers("row_axis", [-1], [1]);
  const known = new Set<string>();
  const observe = (input: string, matrix: string): void => {
    const output = `${input}.largest`;
    outputs.set(matrix, output);
    if (known.has(input)) return;
    known.add(input);
    graph.node("Abs", [input], [`${input}.magnitude`]);
    graph.node("ReduceMax", [`${input}.magnitude`, axis], [output], { keepdims: 0 });
    graph.output(output, "float32", [1, "length"]);
  };
  return {
    ...weights,
    outputs,
    observe,
    project(input: string, output: string, name: string, ...rest: [number, number, boolean]) {
      observe(input, name);
      weights.project(input, output, name, ...rest);
    },
  };
}

/**
 * The largest input magnitude of each matrix while the model of `file` (written by `calibrationGraph`, which returned
 * the `outputs`) read the sequences. Rejects with `invalid_request` when the model lacks one of the tokens and with
 * `aborted` when the signal fires.
 */
export async function calibrate(
  file: string,
  outputs: ReadonlyMap<string, string>,
  { vocabulary, context }: DecoderConfig,
  sequences: readonly (readonly Token[])[],
  { progress, signal }: { progress(done: number, all: number): void; readonly signal: AbortSignal | undefined },
): Promise<ReadonlyMap<string, number>> {
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
    const most = new Map<string, number>();
    for (const [at, piece] of pieces.entries()) {
      if (signal?.aborted === true)
        throw new LenityError("aborted", "The export was cancelled.", { cause: signal.reason });
      progress(at, pieces.length);
      const shape = [1, piece.length];
      const results = await session.run({
        input_ids: new runtime.Tensor("int64", BigInt64Array.from(piece, BigInt), shape),
        attention_mask: new runtime.Tensor("int64", new BigInt64Array(piece.length).fill(1n), shape),
      });
      for (const [matrix, output] of outputs) {
        const rows = (results[output] as Tensor).data as Float32Array;
        const largest = rows.reduce((a, b) => Math.max(a, b), most.get(matrix) ?? 0);
        if (!Number.isFinite(largest)) {
          throw new LenityError(
            "model_files",
            `The model computes ${largest} as input of ${matrix}: its weights are damaged. Download them again.`,
          );
        }
        most.set(matrix, largest);
      }
    }
    progress(pieces.length, pieces.length);
    return most;
  } finally {
    await session.release();
  }
}

function cut(sequence: readonly Token[], length: number): (readonly Token[])[] {
  return Array.from({ length: Math.ceil(sequence.length / length) }, (_, i) =>
    sequence.slice(i * length, (i + 1) * length),
  );
}

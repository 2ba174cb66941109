import { LenityError } from "@lenity/core";
import type { InferenceSession } from "onnxruntime-node";
import { drafterRemedy } from "../folder/drafter-file.ts";
import { cacheParts } from "../graph/cache-tensors.ts";
import type { DrafterGraph, Graph } from "../graph/graph.ts";
import type { Port } from "../graph/port.ts";
import type { LoadRequest } from "../protocol/protocol.ts";
import { toPort } from "./probe-graph.ts";

/** Prepares a model's opened drafter file for drafting. Throws `model_files` when it does not match the model. */
export function fitDrafter(
  session: InferenceSession,
  drafter: string,
  graph: Graph,
  request: LoadRequest,
): DrafterGraph {
  const { file, width, vocabulary, unused, eos } = request;
  const fault = mismatch(graph, session.inputMetadata.map(toPort), session.outputMetadata.map(toPort), width);
  if (fault !== undefined)
    throw new LenityError("model_files", `${drafter} is not a drafter of ${file}: ${fault}. ${drafterRemedy}`);
  const goesOn = new Uint8Array(width).fill(1);
  for (const token of eos) goesOn[token] = 0;
  const isUsable = (id: number) => id < vocabulary && !unused.has(id);
  const mask = Float32Array.from({ length: width }, (_, id) => (isUsable(id) ? 0 : Number.NEGATIVE_INFINITY));
  const { Tensor } = graph.runtime;
  const states = [
    ["pre-norm", "hidden_states"],
    ["post-norm", "last_hidden_state"],
  ] as const;
  const has = (name: string) => session.outputNames.includes(name);
  const hidden = Object.fromEntries(states.filter(([kind, name]) => graph.hidden[kind] !== undefined && has(name)));
  return {
    session,
    hidden,
    takesNoise: session.inputNames.includes("noise"),
    goesOn: new Tensor("bool", goesOn, [width]),
    mask: new Tensor("float32", mask, [width]),
  };
}

/** The first mismatch, if any. */
function mismatch(graph: Graph, inputs: readonly Port[], outputs: readonly Port[], width: number): string | undefined {
  const { layers, groups, headSize, family, precision } = graph;
  if (family !== "new-rows" || precision !== "float32")
    return "the model does not return the new rows of a float32 cache (present_rows)";
  const shapeOf = (ports: readonly Port[], name: string) => ports.find((port) => port.name === name)?.shape;
  const caches = cacheParts(layers).map((part) => `past_key_values.${part}`);
  const names = ["input_ids", "attention_mask", ...caches, "uniform", "temperature", "mask", "goes_on"];
  // Files of earlier exports take no noise.
  const found = inputs.flatMap(({ name }) => (name === "noise" ? [] : [name]));
  if (found.length !== names.length || names.some((name) => !found.includes(name)))
    return `its inputs are ${found.join(", ")}; expected ${names.join(", ")}`;
  const cache = shapeOf(inputs, "past_key_values.0.key");
  if (cache?.[1] !== groups || cache[3] !== headSize)
    return `its caches have the shape [${cache?.join(", ")}], but the model's have [1, ${groups}, length, ${headSize}]`;
  const known = shapeOf(inputs, "goes_on")?.[0];
  if (known !== width) return `it draws from ${known} tokens, but the model has ${width}`;
  const missing = ["tokens", "logits", "present_rows"].find((name) => shapeOf(outputs, name) === undefined);
  return missing === undefined ? undefined : `it has no output ${missing}`;
}

/** Checks a decoder's inputs and outputs, and reads what they show about it. */

import { type ByHiddenKind, isHiddenKind, LenityError } from "@lenity/core";
import { integerTypes, maskTypes } from "./block-feeds.ts";
import { type CachePorts, findCaches, isCache, isPrecision, isTail } from "./cache-ports.ts";
import type { Port } from "./port.ts";

/** What the declared inputs and outputs show about a graph. */
export interface GraphPorts extends CachePorts {
  /** Whether it can return only the block's own cache rows (present_rows). */
  readonly newRows: boolean;
  /** The output for each kind of hidden state, by name. */
  readonly hidden: ByHiddenKind<string>;
}

const plainInputs = new Set(["input_ids", "attention_mask", "position_ids", "num_logits_to_keep"]);

/** Checks names, types and shapes: a decoder with a cache of keys and values. Throws `model_files`. */
export function checkPorts(
  file: string,
  inputs: readonly Port[],
  outputs: readonly Port[],
  vocabulary: number,
): GraphPorts {
  const refuse = (what: string) => new LenityError("model_files", `${file} ${what}`);
  const output = new Map(outputs.map((port) => [port.name, port]));
  checkInputs(inputs, refuse);
  const caches = findCaches(inputs, outputs, refuse);
  const { layers, precision, split, int8 } = caches;
  const logits = output.get("logits");
  if (!isPrecision(logits?.type)) {
    throw refuse(
      `has no output logits of type float32 or float16; found ${outputs.map(({ name, type }) => `${name} (${type})`).join(", ")}.`,
    );
  }
  const width = logits?.shape.at(-1);
  if (typeof width === "number" && width !== vocabulary) {
    throw refuse(
      `has logits for ${width} tokens, but vocab_size in config.json is ${vocabulary}. They belong to different models; download both from the same place.`,
    );
  }
  const rows = output.get("present_rows");
  // If the batch size is left open, so is the number of joined caches.
  const newRows =
    rows?.type === (int8 === true ? "int8" : precision) &&
    (typeof rows.shape[0] === "string" || rows.shape[0] === 2 * layers);
  if (split && !newRows)
    throw refuse(
      "has the inputs tail_values.N but no output present_rows for the block's own cache rows. Export it again with exportDecoder.",
    );
  return { ...caches, newRows, hidden: hiddenOutputs(output) };
}

/**
 * Checks that these are the inputs of a text decoder and nothing else. Throws `refuse(what)`, where `what` ends a
 * sentence that starts with the file's name.
 */
function checkInputs(inputs: readonly Port[], refuse: (what: string) => Error): void {
  const state = inputs.find(({ name }) => isRecurrent(name));
  if (state !== undefined) {
    throw refuse(
      `has the state ${state.name}, which cannot be rewound to an earlier token. Speculative decoding needs a model that has only attention layers.`,
    );
  }
  if (inputs.some(({ name }) => name === "use_cache_branch")) {
    throw refuse(
      "is a merged decoder: its input use_cache_branch picks one of two graphs, and the one with a past handles single tokens only, so it cannot verify a block. Use the folder's model.onnx if there is one, or export again with a current Optimum (--task text-generation-with-past), which writes one graph for both.",
    );
  }
  for (const name of ["input_ids", "attention_mask"]) {
    if (!inputs.some((port) => port.name === name)) {
      throw refuse(
        `has no input ${name}; found ${inputs.map(({ name }) => name).join(", ")}. Expected a decoder with input_ids, attention_mask and past_key_values.N.key|value: export it with a cache.`,
      );
    }
  }
  const splits = inputs.some(({ name }) => name === "tail_values.0");
  const stray = inputs.find(({ name }) => !plainInputs.has(name) && (!isCache(name) || (!splits && isTail(name))));
  if (stray !== undefined)
    throw refuse(
      `needs the input ${stray.name}, which text decoders do not have. Expected: ${[...plainInputs].join(", ")}, past_key_values.N.key|value or past_N.`,
    );
  for (const { name, type, shape } of inputs) {
    if (!plainInputs.has(name)) continue;
    // Masks of another rank are added to the scores; they do not select tokens.
    const isMask = name === "attention_mask" && shape.length === 2;
    const types = isMask ? maskTypes : integerTypes;
    if (types.includes(type)) continue;
    throw refuse(
      `has the input ${name} of type ${type} and shape [${shape.join(", ")}]; expected ${types.join(" or ")}. Export it with onnxruntime-genai, Optimum or lenity export.`,
    );
  }
}

/**
 * Whether an input is a state that each block overwrites: of convolutions (`past_conv.0`, `conv_state`), state-space
 * models (`past_ssm`, `cache_params.ssm_states`) or linear attention (`past_recurrent`), also among the caches
 * (`past_key_values.0.conv`).
 */
function isRecurrent(name: string): boolean {
  if (isCache(name) || plainInputs.has(name)) return false;
  return /^past_(?!key_values\.)|(^|[._])(conv|ssm|recurrent|rnn|mamba)|cache_params/.test(name);
}

/** The name of an output that is added for a hidden state of a layer. */
export const layerOutput = (kind: string): string => `lenity/${kind}`;

/**
 * `last_hidden_state` is transformers' name for the final norm's output. `hidden_states` is its input in files that
 * have both (as written by `exportDecoder`); alone, it is onnxruntime-genai's name for the output. `pre_norm_states` is
 * always the input. States of layers have the names that `planTaps` gives them.
 */
function hiddenOutputs(outputs: ReadonlyMap<string, Port>): GraphPorts["hidden"] {
  const first = (...names: readonly string[]) => names.find((name) => isPrecision(outputs.get(name)?.type));
  const post = first("last_hidden_state", "hidden_states");
  const pre = first("pre_norm_states", ...(post === "last_hidden_state" ? ["hidden_states"] : []));
  const kinds = [...outputs.keys()].map((name) => name.replace(layerOutput(""), ""));
  const layers = kinds.filter(isHiddenKind).flatMap((kind) => {
    const output = first(layerOutput(kind));
    return output === undefined ? [] : [[kind, output]];
  });
  return {
    ...(pre === undefined ? {} : { "pre-norm": pre }),
    ...(post === undefined ? {} : { "post-norm": post }),
    ...Object.fromEntries(layers),
  };
}

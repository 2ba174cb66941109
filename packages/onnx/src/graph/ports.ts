/** What a decoder's inputs and outputs must be, and what they show of it. */

import { type HiddenKind, LenityError } from "@lenity/core";
import { integerTypes, maskTypes } from "./block-feeds.ts";
import { type CachePorts, findCaches, isCache, isPrecision } from "./cache-ports.ts";
import type { Port } from "./port.ts";

/** What the declared inputs and outputs show of a graph. */
export interface GraphPorts extends CachePorts {
  /** Whether it offers the block's cache rows alone (present_rows). */
  readonly newRows: boolean;
  /** The output that gives each kind of hidden state, going by names. */
  readonly hidden: Readonly<Partial<Record<HiddenKind, string>>>;
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
  const { layers, precision, split } = caches;
  const logits = output.get("logits");
  if (!isPrecision(logits?.type)) {
    throw refuse(
      `has no output logits of type float32 or float16; found ${outputs.map(({ name, type }) => `${name} (${type})`).join(", ")}.`,
    );
  }
  const width = logits?.shape.at(-1);
  if (typeof width === "number" && width !== vocabulary) {
    throw refuse(
      `gives logits of ${width} tokens, config.json says vocab_size ${vocabulary}. The two belong to different models; fetch both from the same place.`,
    );
  }
  const rows = output.get("present_rows");
  // Where the batch is left open, so is the number of joined caches.
  const newRows = rows?.type === precision && (typeof rows.shape[0] === "string" || rows.shape[0] === 2 * layers);
  if (split && !newRows)
    throw refuse(
      "takes tail_values.N but has no output present_rows for the block's own cache rows. Export it again with exportDecoder.",
    );
  return { ...caches, newRows, hidden: hiddenOutputs(output) };
}

/**
 * Checks that they are the inputs of a text decoder, and nothing else. Throws what `refuse` makes of the end of a
 * sentence that begins with the file's name.
 */
function checkInputs(inputs: readonly Port[], refuse: (what: string) => Error): void {
  const state = inputs.find(({ name }) => isRecurrent(name));
  if (state !== undefined) {
    throw refuse(
      `keeps the state ${state.name}, which cannot be rewound to an earlier token. Speculative decoding needs a model with attention only.`,
    );
  }
  if (inputs.some(({ name }) => name === "use_cache_branch")) {
    throw refuse(
      "is a merged decoder: its input use_cache_branch picks one of two graphs, and the one with a past is made for single tokens, not for verifying a block. Take the folder's model.onnx if there is one, or export anew with a current Optimum (--task text-generation-with-past), which writes one graph for both.",
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
  const stray = inputs.find(
    ({ name }) => !plainInputs.has(name) && (!isCache(name) || (!splits && name.startsWith("tail_values."))),
  );
  if (stray !== undefined)
    throw refuse(
      `needs the input ${stray.name}, which is not one of a text decoder. Known: ${[...plainInputs].join(", ")}, past_key_values.N.key|value or past_N.`,
    );
  for (const { name, type, shape } of inputs) {
    if (!plainInputs.has(name)) continue;
    // Masks of another rank are added to scores; they do not choose the tokens that count.
    const isMask = name === "attention_mask" && shape.length === 2;
    const types = isMask ? maskTypes : integerTypes;
    if (types.includes(type)) continue;
    throw refuse(
      `takes the input ${name} as ${type} of shape [${shape.join(", ")}]; expected ${types.join(" or ")}. Export it with onnxruntime-genai, Optimum or lenity export.`,
    );
  }
}

/**
 * States that a block overwrites: of convolutions (`past_conv.0`, `conv_state`), state-space models (`past_ssm`,
 * `cache_params.ssm_states`) and linear attention (`past_recurrent`), also among the caches (`past_key_values.0.conv`).
 */
function isRecurrent(name: string): boolean {
  if (isCache(name) || plainInputs.has(name)) return false;
  return /^past_(?!key_values\.)|(^|[._])(conv|ssm|recurrent|rnn|mamba)|cache_params/.test(name);
}

/**
 * `last_hidden_state` is transformers' name for the final norm's output. `hidden_states` is its input in files that
 * have both (such as `exportDecoder` writes); alone it is onnxruntime-genai's name, which stands for the output.
 * `pre_norm_states` is the input in any file.
 */
function hiddenOutputs(outputs: ReadonlyMap<string, Port>): GraphPorts["hidden"] {
  const first = (...names: readonly string[]) => names.find((name) => isPrecision(outputs.get(name)?.type));
  const post = first("last_hidden_state", "hidden_states");
  const pre = first("pre_norm_states", ...(post === "last_hidden_state" ? ["hidden_states"] : []));
  return { ...(pre === undefined ? {} : { "pre-norm": pre }), ...(post === undefined ? {} : { "post-norm": post }) };
}

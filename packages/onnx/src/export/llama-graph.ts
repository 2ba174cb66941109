/**
 * A Llama decoder as an ONNX graph, in the form that onnxruntime-genai made common: one attention_mask whose length says where the block
 * stands, past_key_values.N.key|value in, present.N.key|value out, attention by com.microsoft.GroupQueryAttention.
 */
import type { LlamaConfig } from "./llama-config.ts";
import { type GraphBuilder, graphBuilder } from "./onnx-writer.ts";
import type { TensorFile } from "./safetensors.ts";

/** How a graph is written. */
export interface GraphForm {
  /** How weights are stored; the computation is float32. */
  readonly stored: "float16" | "float32";
  /** Adds the output present_rows: the block's own cache rows alone, so that nobody has to copy whole caches out of a run. */
  readonly newRows: boolean;
}

/** The bytes of an ONNX file, in pieces, written by `graph`. */
export function llamaGraph(
  config: LlamaConfig,
  tensors: TensorFile,
  { stored, newRows }: GraphForm,
  graph: GraphBuilder = graphBuilder("llama"),
): Uint8Array[] {
  const { width, layers, heads, groups, headSize, inner, vocabulary, epsilon } = config;
  declareInterface(graph, config);
  positions(graph, config);

  /** x·W for Hugging Face's W [to, from]: MatMul wants [from, to]. */
  const project = (input: string, name: string, from: number, to: number): string => {
    const values = transpose(tensors.read(`${name}.weight`, [to, from]), to, from);
    const matrix = asFloat32(graph, graph.weights(`${name}.weight`, values, [from, to], stored), stored);
    graph.node("MatMul", [input, matrix], [`${name}.out`]);
    return `${name}.out`;
  };
  /** The norm of a + b, and a + b itself: the running sum of the residual stream. */
  const addAndNorm = (a: string, b: string, name: string, normed: string, sum: string): void => {
    graph.weights(`${name}.weight`, tensors.read(`${name}.weight`, [width]), [width], "float32");
    graph.node("SkipSimplifiedLayerNormalization", [a, b, `${name}.weight`], [normed, "", "", sum], { epsilon: { float: epsilon } }, true);
  };

  const embedding = tensors.read("model.embed_tokens.weight", [vocabulary, width]);
  graph.weights("model.embed_tokens.weight", embedding, [vocabulary, width], stored);
  graph.node("Gather", ["model.embed_tokens.weight", "input_ids"], ["embedded"], { axis: 0 });
  let residual = asFloat32(graph, "embedded", stored);
  const first = "model.layers.0.input_layernorm";
  graph.weights(`${first}.weight`, tensors.read(`${first}.weight`, [width]), [width], "float32");
  let normed = `${first}.out`;
  graph.node("SimplifiedLayerNormalization", [residual, `${first}.weight`], [normed], {
    axis: -1,
    epsilon: { float: epsilon },
    stash_type: 1,
  });

  for (let n = 0; n < layers; n++) {
    const layer = `model.layers.${n}`;
    const q = project(normed, `${layer}.self_attn.q_proj`, width, heads * headSize);
    const k = project(normed, `${layer}.self_attn.k_proj`, width, groups * headSize);
    const v = project(normed, `${layer}.self_attn.v_proj`, width, groups * headSize);
    graph.node(
      "GroupQueryAttention",
      [q, k, v, `past_key_values.${n}.key`, `past_key_values.${n}.value`, "last_index", "total_length", "cos", "sin"],
      [`${layer}.attended`, `present.${n}.key`, `present.${n}.value`],
      { num_heads: heads, kv_num_heads: groups, do_rotary: 1, rotary_interleaved: 0 },
      true,
    );
    const attended = project(`${layer}.attended`, `${layer}.self_attn.o_proj`, heads * headSize, width);
    addAndNorm(residual, attended, `${layer}.post_attention_layernorm`, `${layer}.middle`, `${layer}.residual`);

    const gate = project(`${layer}.middle`, `${layer}.mlp.gate_proj`, width, inner);
    const up = project(`${layer}.middle`, `${layer}.mlp.up_proj`, width, inner);
    graph.node("Sigmoid", [gate], [`${layer}.sigmoid`]);
    graph.node("Mul", [gate, `${layer}.sigmoid`], [`${layer}.silu`]);
    graph.node("Mul", [`${layer}.silu`, up], [`${layer}.gated`]);
    const down = project(`${layer}.gated`, `${layer}.mlp.down_proj`, inner, width);

    const last = n === layers - 1;
    const next = last ? "model.norm" : `model.layers.${n + 1}.input_layernorm`;
    normed = last ? "last_hidden_state" : `${next}.out`;
    residual = last ? "hidden_states" : `${next}.sum`;
    addAndNorm(`${layer}.residual`, down, next, normed, residual);
  }
  if (newRows) sliceNewRows(graph, config);
  head(graph, config, tensors, stored);
  return graph.finish();
}

function declareInterface(graph: GraphBuilder, { layers, groups, headSize, width, vocabulary }: LlamaConfig): void {
  const past = [1, groups, "past_length", headSize];
  const present = [1, groups, "present_length", headSize];
  graph.input("input_ids", "int64", [1, "length"]);
  graph.input("attention_mask", "int64", [1, "total"]);
  graph.input("num_logits_to_keep", "int64", []);
  graph.output("logits", "float32", [1, "kept", vocabulary]);
  for (let n = 0; n < layers; n++) {
    for (const part of ["key", "value"]) {
      graph.input(`past_key_values.${n}.${part}`, "float32", past);
      graph.output(`present.${n}.${part}`, "float32", present);
    }
  }
  graph.output("hidden_states", "float32", [1, "length", width]);
  graph.output("last_hidden_state", "float32", [1, "length", width]);
}

/** Where the block stands, from the mask's length, and the rotary tables. */
function positions(graph: GraphBuilder, { context, headSize, theta }: LlamaConfig): void {
  graph.integers("one", [1], [1]);
  graph.node("ReduceSum", ["attention_mask", "one"], ["mask_sum"], { keepdims: 0 });
  graph.node("Sub", ["mask_sum", "one"], ["last_index_64"]);
  graph.node("Cast", ["last_index_64"], ["last_index"], { to: 6 });
  graph.node("Shape", ["attention_mask"], ["total_length_64"], { start: 1, end: 2 });
  graph.node("Cast", ["total_length_64"], ["total_length_1d"], { to: 6 });
  graph.node("Squeeze", ["total_length_1d"], ["total_length"]);
  const half = headSize / 2;
  const cos = new Float32Array(context * half);
  const sin = new Float32Array(context * half);
  for (let position = 0; position < context; position++) {
    for (let i = 0; i < half; i++) {
      const angle = position * theta ** (-i / half);
      cos[position * half + i] = Math.cos(angle);
      sin[position * half + i] = Math.sin(angle);
    }
  }
  graph.weights("cos", cos, [context, half], "float32");
  graph.weights("sin", sin, [context, half], "float32");
}

/** present_rows [2·layers, groups, length, head size]: key 0, value 0, key 1, … of the block itself. */
function sliceNewRows(graph: GraphBuilder, { layers, groups, headSize }: LlamaConfig): void {
  graph.output("present_rows", "float32", [2 * layers, groups, "length", headSize]);
  graph.integers("two", [2], [1]);
  graph.node("Shape", ["input_ids"], ["length_64"], { start: 1, end: 2 });
  graph.node("Sub", ["total_length_64", "length_64"], ["block_begin"]);
  const slices: string[] = [];
  for (let n = 0; n < layers; n++) {
    for (const part of [`${n}.key`, `${n}.value`]) {
      graph.node("Slice", [`present.${part}`, "block_begin", "total_length_64", "two"], [`new.${part}`]);
      slices.push(`new.${part}`);
    }
  }
  graph.node("Concat", slices, ["present_rows"], { axis: 0 });
}

/** Logits of the last `num_logits_to_keep` rows (0: all), as transformers defines that input. */
function head(graph: GraphBuilder, { width, vocabulary, tied }: LlamaConfig, tensors: TensorFile, stored: "float16" | "float32"): void {
  graph.integers("end", [Number.MAX_SAFE_INTEGER], [1]);
  graph.node("Neg", ["num_logits_to_keep"], ["minus_kept"]);
  graph.node("Reshape", ["minus_kept", "one"], ["begin"]);
  graph.node("Slice", ["last_hidden_state", "begin", "end", "one"], ["kept_states"]);
  let matrix: string;
  if (tied) {
    // The embedding is stored once; ONNX Runtime folds the transposition when it loads the file.
    graph.node("Transpose", [asFloat32(graph, "model.embed_tokens.weight", stored)], ["head"]);
    matrix = "head";
  } else {
    const values = transpose(tensors.read("lm_head.weight", [vocabulary, width]), vocabulary, width);
    matrix = asFloat32(graph, graph.weights("lm_head.weight", values, [width, vocabulary], stored), stored);
  }
  graph.node("MatMul", ["kept_states", matrix], ["logits"]);
}

/** A Cast where values are stored as float16. For weights it costs nothing: ONNX Runtime folds it when it loads the file. */
function asFloat32(graph: GraphBuilder, name: string, stored: "float16" | "float32"): string {
  if (stored === "float32") return name;
  graph.node("Cast", [name], [`${name}.float32`], { to: 1 });
  return `${name}.float32`;
}

function transpose(values: Float32Array, rows: number, columns: number): Float32Array {
  const out = new Float32Array(values.length);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) out[j * rows + i] = values[i * columns + j] as number;
  return out;
}

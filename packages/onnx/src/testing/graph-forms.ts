/**
 * The model of `decoderGraph` in the forms that other programs export: builders that replace nodes, and types and names
 * at the graph's borders.
 */
import { writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { readDecoderConfig } from "../export/decoder-config.ts";
import { decoderGraph } from "../export/decoder-graph.ts";
import { floatWeights } from "../export/decoder-weights.ts";
import { openTensors } from "../export/tensor-folder.ts";
import { type GraphBuilder, graphBuilder } from "../onnx-file/graph-builder.ts";
import { concatAttention, concatPositions } from "./concat-attention.ts";
import { type Borders, oddBorders } from "./odd-borders.ts";
import { type MatrixFormat, quantised } from "./quantised.ts";
import type { Shape } from "./random-llama.ts";
import { sharded } from "./sharded.ts";

/** Differences from `exportDecoder`'s graph. */
export interface Form extends Borders {
  /** Attention by MatMul and Softmax over Concat(past, new), as Optimum writes it. */
  readonly concat?: boolean | undefined;
  /**
   * With the input position_ids. concat has it by default, and computes positions itself without it. With it,
   * GroupQueryAttention reads queries and keys rotated by RotaryEmbedding.
   */
  readonly positions?: boolean | undefined;
  /** With the input num_logits_to_keep. Default: only without concat. */
  readonly keeps?: boolean | undefined;
  /** Caches of float16; all outputs too unless `wideOutputs`. The matrices are computed in float32. */
  readonly float16?: boolean | undefined;
  readonly wideOutputs?: boolean | undefined;
  /** With the output present_rows. */
  readonly newRows?: boolean | undefined;
  /**
   * Outputs hidden_states and last_hidden_state; or the norm's output alone, under transformers' name or
   * onnxruntime-genai's; or nothing.
   */
  readonly hidden?: "both" | "last_hidden_state" | "genai" | "none" | undefined;
  /**
   * The final norm: a fused node with the sum as fourth output, or without it; Add and one norm; Add and single
   * operators, as Optimum writes it; or LayerNormalization, with mean and bias.
   */
  readonly norm?: "fused" | "sumless" | "added" | "unfused" | "layer" | undefined;
  /** All other norms, likewise. */
  readonly norms?: "fused" | "added" | "unfused" | undefined;
  /** Default: float16, computed in float32. */
  readonly weights?: MatrixFormat | "float32" | undefined;
  /** Names already used in the graph, so that outputs with these names cannot be added. */
  readonly taken?: readonly string[] | undefined;
  /** Names of files for weights that are not quantised. */
  readonly shards?: readonly string[] | undefined;
}

/** Writes the model of a folder again, in that form. */
export async function writeForm(dir: string, file: string, shape: Shape, form: Form): Promise<void> {
  const base = sharded(graphBuilder("llama"), form.shards ?? []);
  const stored = form.weights === undefined ? "float16" : "float32";
  const graph = formed(form.shards === undefined ? graphBuilder("llama") : base, shape, form);
  await writeGraph(dir, file, graph, { stored, newRows: form.newRows ?? false });
  for (const [name, bytes] of base.shards()) await writeFile(join(dir, dirname(file), name), bytes);
}

/** Writes the model of a folder again, with that builder. */
export async function writeGraph(
  dir: string,
  file: string,
  graph: GraphBuilder,
  { stored, newRows }: { readonly stored: "float16" | "float32"; readonly newRows: boolean },
): Promise<void> {
  const config = await readDecoderConfig(dir);
  const tensors = await openTensors(dir);
  decoderGraph(graph, config, floatWeights(graph, tensors, config, stored), { newRows });
  await writeFile(join(dir, file), Buffer.concat([...graph.finish()]));
  tensors.close();
}

function formed(base: GraphBuilder, shape: Shape, form: Form): GraphBuilder {
  const { weights, norm = "fused", norms = "fused", hidden = "both" } = form;
  const odd = oddBorders(base, shape, form);
  const matrices = weights === undefined || weights === "float32" ? odd : quantised(odd, weights);
  return withStates(withNorm(withBorders(matrices, shape, form), norm, norms), hidden);
}

/** Renames or removes the outputs of the states on both sides of the final norm. */
function withStates(graph: GraphBuilder, hidden: NonNullable<Form["hidden"]>): GraphBuilder {
  if (hidden === "both") return graph;
  const names: Readonly<Record<string, string>> = {
    hidden_states: "/model/norm/sum",
    last_hidden_state: { genai: "hidden_states", last_hidden_state: "last_hidden_state", none: "/model/norm/normed" }[
      hidden
    ],
  };
  const named = (name: string) => names[name] ?? name;
  return {
    ...graph,
    output(name, ...rest) {
      if (!(name in names) || (name === "last_hidden_state" && hidden !== "none")) graph.output(named(name), ...rest);
    },
    node: (operator, inputs, outputs, ...rest) => graph.node(operator, inputs.map(named), outputs.map(named), ...rest),
  };
}

function withNorm(
  graph: GraphBuilder,
  final: NonNullable<Form["norm"]>,
  others: NonNullable<Form["norms"]>,
): GraphBuilder {
  return {
    ...graph,
    node(operator, inputs, outputs, attributes, contrib) {
      const weight = inputs.at(-1) ?? "";
      const norm = !/norm\.weight$/.test(weight) ? "fused" : weight === "model.norm.weight" ? final : others;
      const [normed = "", , , sum = inputs[0] ?? ""] = outputs;
      if (norm === "fused") return graph.node(operator, inputs, outputs, attributes, contrib);
      if (norm === "sumless") return graph.node(operator, inputs, [normed], attributes, contrib);
      if (inputs.length === 3) graph.node("Add", inputs.slice(0, 2), [sum]);
      const epsilon = { epsilon: attributes?.["epsilon"] ?? 0 };
      if (norm === "added")
        return graph.node("SimplifiedLayerNormalization", [sum, weight], [normed], {
          axis: -1,
          ...epsilon,
          stash_type: 1,
        });
      if (norm === "layer")
        return graph.node("LayerNormalization", [sum, weight, weight], [normed], { axis: -1, ...epsilon });
      const own = (name: string) => `${weight}.${name}`;
      graph.integers(own("axis"), [-1], [1]);
      for (const [name, value] of [
        ["two", 2],
        ["epsilon", 1e-5],
        ["one", 1],
      ] as const)
        graph.weights(own(name), Float32Array.of(value), [], "float32");
      graph.node("Pow", [sum, own("two")], [own("squares")]);
      graph.node("ReduceMean", [own("squares"), own("axis")], [own("mean")], { keepdims: 1 });
      graph.node("Add", [own("mean"), own("epsilon")], [own("above")]);
      graph.node("Sqrt", [own("above")], [own("root")]);
      graph.node("Div", [own("one"), own("root")], [own("inverse")]);
      graph.node("Mul", [sum, own("inverse")], [own("unit")]);
      graph.node("Mul", [weight, own("unit")], [normed]);
    },
  };
}

function withBorders(graph: GraphBuilder, shape: Shape, form: Form): GraphBuilder {
  const {
    concat = false,
    float16 = false,
    wideOutputs = false,
    keeps = !concat,
    positions = concat,
    taken = [],
  } = form;
  const isCache = (name: string) => /^(past|present)/.test(name);
  const narrowed = new Set<string>();
  const wide = (name: string) =>
    narrowed.has(name) ? `${name}.wide` : !keeps && name === "num_logits_to_keep" ? "all_rows" : name;
  const write: GraphBuilder["node"] = (operator, inputs, outputs, ...rest) =>
    graph.node(operator, inputs.map(wide), outputs.map(wide), ...rest);
  const grouped = float16 ? halfAttention(graph) : write;
  const attend = concat ? concatAttention(graph, float16) : positions ? rotatedAttention(graph, grouped) : grouped;
  if (concat) concatPositions(graph, shape, positions);
  else if (positions) graph.input("position_ids", "int64", [1, "length"]);
  return {
    ...graph,
    input(name, type, sizes) {
      // Without the input all rows are returned.
      if (!keeps && name === "num_logits_to_keep") graph.integers("all_rows", [0], []);
      else graph.input(name, float16 && isCache(name) ? "float16" : type, sizes);
    },
    output(name, type, sizes) {
      const narrow = float16 && !isCache(name) && !wideOutputs;
      if (narrow) narrowed.add(name);
      graph.output(name, float16 && (narrow || isCache(name)) ? "float16" : type, sizes);
    },
    node(operator, ...rest) {
      if (operator === "GroupQueryAttention") attend(operator, ...rest);
      else write(operator, ...rest);
    },
    finish() {
      for (const name of narrowed) graph.node("Cast", [wide(name)], [name], { to: 10 });
      for (const name of taken) graph.node("Identity", ["input_ids"], [name]);
      return graph.finish();
    },
  };
}

/**
 * GroupQueryAttention without rotation: RotaryEmbedding rotates by position_ids, as onnxruntime-genai writes it for
 * some models.
 */
function rotatedAttention(graph: GraphBuilder, attend: GraphBuilder["node"]): GraphBuilder["node"] {
  return (operator, [queries = "", keys = "", ...others], outputs, attributes, contrib) => {
    const rotated = [queries, keys].map((name, i) => {
      const turned = `${outputs[0]}.${i === 0 ? "queries" : "keys"}`;
      graph.node("RotaryEmbedding", [name, "position_ids", "cos", "sin"], [turned], { interleaved: 0 }, true);
      return turned;
    });
    attend(operator, [...rotated, ...others.slice(0, 5)], outputs, { ...attributes, do_rotary: 0 }, contrib);
  };
}

/** GroupQueryAttention of float16, between casts. */
function halfAttention(graph: GraphBuilder): GraphBuilder["node"] {
  return (operator, inputs, [attended = "", ...presents], ...rest) => {
    const float = [0, 1, 2, 7, 8];
    const halves = inputs.map((name, i) => {
      if (!float.includes(i)) return name;
      graph.node("Cast", [name], [`${attended}.${i}`], { to: 10 });
      return `${attended}.${i}`;
    });
    graph.node(operator, halves, [`${attended}.half`, ...presents], ...rest);
    graph.node("Cast", [`${attended}.half`], [attended], { to: 1 });
  };
}

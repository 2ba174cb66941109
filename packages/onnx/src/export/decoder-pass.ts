import type { GraphBuilder } from "../onnx-file/graph-builder.ts";
import type { Attention, Pass } from "./attention.ts";
import { groupQueryAttention } from "./attention-gqa.ts";
import type { DecoderConfig } from "./decoder-config.ts";
import type { DecoderWeights } from "./decoder-weights.ts";
import { projections } from "./projections.ts";

/** The decoder's layers. Expects the rotary tables `cos` and `sin` in the graph. */
export function decoderPass(
  graph: GraphBuilder,
  weights: DecoderWeights,
  config: DecoderConfig,
  pass: Pass,
  attend: Attention = groupQueryAttention,
): void {
  const { width, layers, heads, headSize, inner, epsilon, bias } = config;
  const { project, attentionInputs } = projections(graph, weights, config, pass);
  const norm = (input: string, output: string, name: string, size: number): void => {
    const weight = weights.vector(`${name}.weight`, size);
    graph.node("SimplifiedLayerNormalization", [input, weight], [output], {
      axis: -1,
      epsilon: { float: epsilon },
      stash_type: 1,
    });
  };
  /** [1, length, heads · head size], each head normed separately. */
  const [split, join] = [`${pass.prefix}split_heads`, `${pass.prefix}join_heads`];
  if (config.headNorms) {
    graph.integers(split, [0, 0, -1, headSize], [4]);
    graph.integers(join, [0, 0, -1], [3]);
  }
  const normHeads = (input: string, name: string): string => {
    if (!config.headNorms) return input;
    const output = `${pass.prefix}${name}.out`;
    graph.node("Reshape", [input, split], [`${input}.heads`]);
    norm(`${input}.heads`, `${output}.heads`, name, headSize);
    graph.node("Reshape", [`${output}.heads`, join], [output]);
    return output;
  };
  /** The norm of a + b, and a + b itself: the running sum of the residual stream. */
  const addAndNorm = (a: string, b: string, name: string, normed: string, sum: string): void => {
    const weight = weights.vector(`${name}.weight`, width);
    graph.node(
      "SkipSimplifiedLayerNormalization",
      [a, b, weight],
      [normed, "", "", sum],
      { epsilon: { float: epsilon } },
      true,
    );
  };

  let residual = weights.embed(pass.ids, `${pass.prefix}embedded`);
  const first = "model.layers.0.input_layernorm";
  let normed = `${pass.prefix}${first}.out`;
  norm(residual, normed, first, width);

  for (let n = 0; n < layers; n++) {
    const layer = `model.layers.${n}`;
    const inside = `${pass.prefix}${layer}`;
    const [queries, keys, v] = attentionInputs(normed, layer);
    const q = normHeads(queries, `${layer}.self_attn.q_norm`);
    const k = normHeads(keys, `${layer}.self_attn.k_norm`);
    attend(graph, config, pass, { index: n, queries: q, keys: k, values: v, attended: `${inside}.attended` });
    const attended = project(`${inside}.attended`, `${layer}.self_attn.o_proj`, heads * headSize, width, bias.output);
    addAndNorm(residual, attended, `${layer}.post_attention_layernorm`, `${inside}.middle`, `${inside}.residual`);

    const gate = project(`${inside}.middle`, `${layer}.mlp.gate_proj`, width, inner, bias.mlp);
    const up = project(`${inside}.middle`, `${layer}.mlp.up_proj`, width, inner, bias.mlp);
    graph.node("Sigmoid", [gate], [`${inside}.sigmoid`]);
    graph.node("Mul", [gate, `${inside}.sigmoid`], [`${inside}.silu`]);
    graph.node("Mul", [`${inside}.silu`, up], [`${inside}.gated`]);
    const down = project(`${inside}.gated`, `${layer}.mlp.down_proj`, inner, width, bias.mlp);

    const last = n === layers - 1;
    const next = last ? "model.norm" : `model.layers.${n + 1}.input_layernorm`;
    normed = last ? pass.normed : `${pass.prefix}${next}.out`;
    residual = last ? pass.states : `${pass.prefix}${next}.sum`;
    addAndNorm(`${inside}.residual`, down, next, normed, residual);
  }
}

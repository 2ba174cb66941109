import type { GraphBuilder } from "../onnx-file/graph-builder.ts";
import type { Pass } from "./attention.ts";
import type { DecoderConfig } from "./decoder-config.ts";
import type { DecoderWeights } from "./decoder-weights.ts";

/** The products of a pass with a model's matrices; each returns the names of its results. */
export interface Projections {
  project(input: string, name: string, from: number, to: number, biased: boolean): string;
  /** The queries, keys and values of a layer; packed, the three side by side and two empty names. */
  attentionInputs(input: string, layer: string): readonly [string, string, string];
}

/** Those of a pass. */
export function projections(
  graph: GraphBuilder,
  weights: DecoderWeights,
  config: DecoderConfig,
  { prefix, packed = false }: Pick<Pass, "prefix" | "packed">,
): Projections {
  const { width, heads, groups, headSize, headNorms, bias } = config;
  const outputOf = (name: string) => `${prefix}${name}.out`;
  const project: Projections["project"] = (input, name, from, to, biased) => {
    const output = outputOf(name);
    weights.project(input, output, name, from, to, biased);
    return output;
  };
  const attentionInputs: Projections["attentionInputs"] = (input, layer) => {
    const matrix = (letter: string, count: number) => {
      const name = `${layer}.self_attn.${letter}_proj`;
      return { name, to: count * headSize };
    };
    const matrices = [matrix("q", heads), matrix("k", groups), matrix("v", groups)] as const;
    const [q, k, v] = matrices;
    const outputs = [outputOf(q.name), outputOf(k.name), outputOf(v.name)] as const;
    const pack = packed && !headNorms;
    if (bias.qkv || !(pack || weights.fasterTogether)) {
      for (const { name, to } of matrices) project(input, name, width, to, bias.qkv);
      return outputs;
    }
    const together = `${outputs[0]}.together`;
    weights.projectTogether(input, together, matrices, width);
    if (pack) return [together, "", ""];
    graph.integers(`${together}.rows`, [q.to, k.to, v.to], [3]);
    graph.node("Split", [together, `${together}.rows`], outputs, { axis: 2 });
    return outputs;
  };
  return { project, attentionInputs };
}

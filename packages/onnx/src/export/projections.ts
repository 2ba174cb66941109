import type { Pass } from "./attention.ts";
import type { DecoderConfig } from "./decoder-config.ts";
import type { DecoderWeights } from "./decoder-weights.ts";

/** The products of a pass with a model's matrices; each returns the names of its results. */
export interface Projections {
  project(input: string, name: string, from: number, to: number, biased: boolean): string;
  /** The queries, keys and values of a layer. */
  attentionInputs(input: string, layer: string): readonly [string, string, string];
}

/** Those of a pass. */
export function projections(
  weights: DecoderWeights,
  config: DecoderConfig,
  { prefix }: Pick<Pass, "prefix">,
): Projections {
  const { width, heads, groups, headSize, bias } = config;
  const outputOf = (name: string) => `${prefix}${name}.out`;
  const project: Projections["project"] = (input, name, from, to, biased) => {
    const output = outputOf(name);
    weights.project(input, output, name, from, to, biased);
    return output;
  };
  const attentionInputs: Projections["attentionInputs"] = (input, layer) => {
    const matrix = (letter: string, count: number) => {
      const name = `${layer}.self_attn.${letter}_proj`;
      return { name, output: outputOf(name), to: count * headSize };
    };
    const matrices = [matrix("q", heads), matrix("k", groups), matrix("v", groups)] as const;
    if (!bias.qkv && weights.projectTogether !== undefined) weights.projectTogether(input, matrices, width);
    else for (const { name, to } of matrices) project(input, name, width, to, bias.qkv);
    const [q, k, v] = matrices;
    return [q.output, k.output, v.output];
  };
  return { project, attentionInputs };
}

/**
 * A forward pass of Llama and its relatives in float64, written from the architectures' definitions: shares no code
 * with the exporter. Biases and head norms are used where there are tensors of them.
 */
import type { Shape, Weights } from "../src/testing/random-llama.ts";

export interface Reference {
  /** [length, vocabulary] */
  readonly logits: number[][];
  /** [length, width]: the final norm's input and output. */
  readonly before: number[][];
  readonly after: number[][];
  /** [layers, length, width]: the residual stream after each layer, and that after the norm that reads it first. */
  readonly streams: number[][][];
  readonly normed: number[][][];
}

export type Vector = number[];

/** How rotary frequencies are scaled, in the words of transformers' configs. */
export type RopeScaling = Readonly<Record<string, unknown>> | undefined;

/** The rotation per position of a head's value i and its partner, as transformers computes it. */
function frequency(i: number, headSize: number, scaling: RopeScaling): number {
  const plain = 10000 ** ((-2 * i) / headSize);
  const of = (key: string) => scaling?.[key] as number;
  const type = scaling?.["rope_type"] ?? scaling?.["type"] ?? "default";
  if (type === "linear") return plain / of("factor");
  if (type !== "llama3") return plain;
  const length = (2 * Math.PI) / plain;
  const context = of("original_max_position_embeddings");
  if (length < context / of("high_freq_factor")) return plain;
  if (length > context / of("low_freq_factor")) return plain / of("factor");
  const smooth = (context / length - of("low_freq_factor")) / (of("high_freq_factor") - of("low_freq_factor"));
  return ((1 - smooth) * plain) / of("factor") + smooth * plain;
}

/** A product W · x, or another in its place. `rows` are those of the tensor of that name. */
export type Multiply = (name: string, rows: readonly Vector[], x: Vector) => Vector;

const product: Multiply = (_name, rows, x) =>
  rows.map((row) => row.reduce((sum, value, j) => sum + value * (x[j] as number), 0));

export function reference(
  shape: Shape,
  weights: Weights,
  tokens: readonly number[],
  { scaling, multiply = product }: { readonly scaling?: RopeScaling; readonly multiply?: Multiply } = {},
): Reference {
  const { width, layers, heads, groups, headSize, tied } = shape;
  const tensor = (name: string) => {
    const found = weights.get(name);
    if (found === undefined) throw new Error(name);
    return found;
  };
  const matrices = new Map<string, Vector[]>();
  const matrix = (name: string): Vector[] => {
    const {
      values,
      shape: [rows = 0, columns = 0],
    } = tensor(name);
    return Array.from({ length: rows }, (_, i) => Array.from(values.subarray(i * columns, (i + 1) * columns)));
  };
  const times = (name: string, x: Vector): Vector => {
    const rows = matrices.get(name) ?? matrix(name);
    matrices.set(name, rows);
    const bias = weights.get(name.replace(/\.weight$/, ".bias"))?.values;
    return multiply(name, rows, x).map((value, i) => value + (bias?.[i] ?? 0));
  };
  const norm = (name: string, x: Vector): Vector => {
    const { values } = tensor(name);
    const scale = 1 / Math.sqrt(x.reduce((sum, value) => sum + value * value, 0) / x.length + 1e-5);
    return x.map((value, i) => value * scale * (values[i] as number));
  };
  const add = (a: Vector, b: Vector): Vector => a.map((value, i) => value + (b[i] as number));
  const rotate = (x: Vector, position: number): Vector => {
    const half = headSize / 2;
    return x.map((value, i) => {
      const angle = position * frequency(i % half, headSize, scaling);
      const partner = i < half ? -(x[i + half] as number) : (x[i - half] as number);
      return value * Math.cos(angle) + partner * Math.sin(angle);
    });
  };
  const normHeads = (name: string, x: Vector): Vector =>
    weights.has(name)
      ? Array.from({ length: x.length / headSize }, (_, head) => norm(name, headOf(x, head))).flat()
      : x;
  const headOf = (x: Vector, index: number) => x.slice(index * headSize, (index + 1) * headSize);
  const dot = (a: Vector, b: Vector) => a.reduce((sum, value, i) => sum + value * (b[i] as number), 0);

  const embedding = tensor("model.embed_tokens.weight").values;
  let states = tokens.map((token) => Array.from(embedding.subarray(token * width, (token + 1) * width)));
  const streams: Vector[][] = [];
  for (let n = 0; n < layers; n++) {
    const layer = `model.layers.${n}`;
    const normed = states.map((x) => norm(`${layer}.input_layernorm.weight`, x));
    const project = (part: string) => normed.map((x) => times(`${layer}.self_attn.${part}_proj.weight`, x));
    const q = project("q").map((x) => normHeads(`${layer}.self_attn.q_norm.weight`, x));
    const k = project("k").map((x) => normHeads(`${layer}.self_attn.k_norm.weight`, x));
    const v = project("v");
    const attended = q.map((query, at) => {
      const out: Vector = [];
      for (let head = 0; head < heads; head++) {
        const group = Math.floor(head / (heads / groups));
        const mine = rotate(headOf(query, head), at);
        const scores = k
          .slice(0, at + 1)
          .map((key, j) => dot(mine, rotate(headOf(key, group), j)) / Math.sqrt(headSize));
        const highest = Math.max(...scores);
        const powers = scores.map((score) => Math.exp(score - highest));
        const sum = powers.reduce((a, b) => a + b, 0);
        const mixed = new Array<number>(headSize).fill(0);
        powers.forEach((power, j) => {
          headOf(v[j] as Vector, group).forEach((value, i) => {
            mixed[i] = (mixed[i] as number) + (power / sum) * value;
          });
        });
        out.push(...mixed);
      }
      return out;
    });
    states = states.map((x, at) => add(x, times(`${layer}.self_attn.o_proj.weight`, attended[at] as Vector)));
    states = states.map((x) => {
      const y = norm(`${layer}.post_attention_layernorm.weight`, x);
      const gate = times(`${layer}.mlp.gate_proj.weight`, y);
      const up = times(`${layer}.mlp.up_proj.weight`, y);
      return add(
        x,
        times(
          `${layer}.mlp.down_proj.weight`,
          gate.map((value, i) => (value / (1 + Math.exp(-value))) * (up[i] as number)),
        ),
      );
    });
    streams.push(states);
  }
  const after = states.map((x) => norm("model.norm.weight", x));
  const normed = streams.map((stream, n) =>
    n === layers - 1 ? after : stream.map((x) => norm(`model.layers.${n + 1}.input_layernorm.weight`, x)),
  );
  const head = tied ? "model.embed_tokens.weight" : "lm_head.weight";
  return { before: states, after, streams, normed, logits: after.map((x) => times(head, x)) };
}

/**
 * Variations in what other programs declare at a graph's borders: 32-bit integers, sizes by name, key and value in one
 * tensor, logits of one row.
 */
import type { ElementType, GraphBuilder } from "../onnx-file/graph-builder.ts";
import type { Shape } from "./random-llama.ts";

/** Differences from `exportDecoder`'s graph. */
export interface Borders {
  /** input_ids, attention_mask, position_ids and num_logits_to_keep of int32. */
  readonly int32?: boolean | undefined;
  /** The type of attention_mask. Not with int32. */
  readonly mask?: "bool" | "float32" | "float16" | undefined;
  /**
   * Names instead of numbers in the shapes of the caches: for the head size, as onnxruntime-genai's builder writes it
   * from 0.15 on, or for heads and head size.
   */
  readonly named?: "head size" | "both" | undefined;
  /** Key and value of a layer in one tensor past_N [2, 1, groups, length, head size], as in exports of GPT-2. */
  readonly combined?: boolean | undefined;
  /** Logits of the last position only, as with prune_lm_head; declared in the shape or not. */
  readonly pruned?: boolean | "undeclared" | undefined;
  /** Attention only to this many of the last tokens. GroupQueryAttention only. */
  readonly window?: number | undefined;
  /** Caches that drop rows that have left the window. */
  readonly sliding?: boolean | undefined;
  /** Matrices computed in bfloat16. */
  readonly bfloat16?: boolean | undefined;
}

/** Wraps a builder in another one. */
type Layer = (graph: GraphBuilder, shape: Shape) => GraphBuilder;

/** Wraps a builder so that its graph has these borders. */
export function oddBorders(graph: GraphBuilder, shape: Shape, borders: Borders): GraphBuilder {
  const layers: readonly (Layer | false)[] = [
    borders.named !== undefined && named(borders.named),
    borders.combined === true && combined,
    borders.int32 === true && retyped("int32"),
    borders.mask !== undefined && retyped(borders.mask, "attention_mask"),
    (borders.pruned ?? false) !== false && pruned(borders.pruned === true),
    borders.window !== undefined && windowed(borders.window, borders.sliding === true),
    borders.bfloat16 === true && bfloat16,
  ];
  return layers.reduce<GraphBuilder>((made, layer) => (layer === false ? made : layer(made, shape)), graph);
}

const isCache = (name: string) => /^(past|present)(_key_values)?[._]\d/.test(name);

/** Sizes of caches: heads are third from last, followed by rows. */
const named =
  (what: NonNullable<Borders["named"]>): Layer =>
  (graph) => {
    const declare =
      (write: GraphBuilder["input"]): GraphBuilder["input"] =>
      (name, type, sizes) => {
        const groupsAt = sizes.length - 3;
        const shown = sizes.map((size, i) => {
          if (!isCache(name)) return size;
          if (i === sizes.length - 1) return "kv_cache_dim";
          return i === groupsAt && what === "both" ? "kv_heads" : size;
        });
        write(name, type, shown);
      };
    return { ...graph, input: declare(graph.input), output: declare(graph.output) };
  };

/** Names of the separate key and value of a layer. */
const halves = (name: string) => /^(past_key_values|present)\.(\d+)\.(key|value)$/.exec(name);

const combined: Layer = (graph) => {
  const results: { n: string; type: ElementType; sizes: Parameters<GraphBuilder["output"]>[2] }[] = [];
  let axes = false;
  const joined = (sizes: Parameters<GraphBuilder["output"]>[2]) => [2, ...sizes];
  return {
    ...graph,
    input(name, type, sizes) {
      const [, , n, part] = halves(name) ?? [];
      if (part === undefined) return graph.input(name, type, sizes);
      if (part === "key") graph.input(`past_${n}`, type, joined(sizes));
      if (!axes) for (const index of [0, 1]) graph.integers(`combined.${index}`, [index], []);
      axes = true;
      graph.node("Gather", [`past_${n}`, part === "key" ? "combined.0" : "combined.1"], [name], { axis: 0 });
    },
    output(name, type, sizes) {
      const [, , n, part] = halves(name) ?? [];
      if (n === undefined || part === undefined) return graph.output(name, type, sizes);
      if (part === "key") results.push({ n, type, sizes });
    },
    finish() {
      graph.integers("combined.axis", [0], [1]);
      for (const { n, type, sizes } of results) {
        const parts = ["key", "value"].map((part) => {
          graph.node("Unsqueeze", [`present.${n}.${part}`, "combined.axis"], [`combined.${n}.${part}`]);
          return `combined.${n}.${part}`;
        });
        graph.node("Concat", parts, [`present_${n}`], { axis: 0 });
        graph.output(`present_${n}`, type, joined(sizes));
      }
      return graph.finish();
    },
  };
};

/** Declares int64 inputs, or only that one, as another type. */
const retyped =
  (declared: ElementType, only?: string): Layer =>
  (graph) => {
    const wide = new Set<string>();
    return {
      ...graph,
      input(name, type, sizes) {
        if (type !== "int64" || (only !== undefined && name !== only)) return graph.input(name, type, sizes);
        graph.input(name, declared, sizes);
        graph.node("Cast", [name], [`${name}.wide`], { to: 7 });
        wide.add(name);
      },
      node: (operator, inputs, ...rest) =>
        graph.node(
          operator,
          inputs.map((name) => (wide.has(name) ? `${name}.wide` : name)),
          ...rest,
        ),
    };
  };

const pruned =
  (declared: boolean): Layer =>
  (graph) => ({
    ...graph,
    input(name, type, sizes) {
      if (name === "num_logits_to_keep") graph.integers(name, [1], []);
      else graph.input(name, type, sizes);
    },
    output: (name, type, sizes) =>
      graph.output(name, type, name === "logits" && declared ? [1, 1, sizes.at(-1) as number] : sizes),
  });

const windowed =
  (window: number, sliding: boolean): Layer =>
  (graph) => ({
    ...graph,
    node(operator, inputs, outputs, attributes, contrib) {
      const more =
        operator === "GroupQueryAttention"
          ? { local_window_size: window, ...(sliding ? { sliding_window_cache: 1 } : {}) }
          : {};
      graph.node(operator, inputs, outputs, { ...attributes, ...more }, contrib);
    },
  });

const bfloat16: Layer = (graph) => ({
  ...graph,
  node(operator, inputs, outputs, attributes, contrib) {
    if (operator !== "MatMul") return graph.node(operator, inputs, outputs, attributes, contrib);
    const [output = ""] = outputs;
    for (const [i, name] of inputs.entries()) graph.node("Cast", [name], [`${output}.${i}.narrow`], { to: 16 });
    graph.node(operator, [`${output}.0.narrow`, `${output}.1.narrow`], [`${output}.narrow`], attributes);
    graph.node("Cast", [`${output}.narrow`], [output], { to: 1 });
  },
});

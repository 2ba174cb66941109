import type { GraphBuilder } from "../onnx-file/graph-builder.ts";
import type { Tensors } from "./safetensors.ts";
import { findStacked, type Part, rowsOf } from "./stacked.ts";
import { transpose } from "./transpose.ts";

/** Hugging Face's matrix `${name}.weight` [to, input]. */
export interface Matrix {
  readonly name: string;
  readonly to: number;
}

/** A model's weights in a graph. Each is written once, at its first use, however many passes the graph contains. */
export interface DecoderWeights {
  /** A float32 vector, stored under its name. */
  vector(name: string, size: number): string;
  /**
   * output = input · Wᵀ for Hugging Face's matrix `${name}.weight` [to, from], plus `${name}.bias` [to] when `biased`.
   */
  project(input: string, output: string, name: string, from: number, to: number, biased: boolean): void;
  /** The same for several matrices, none of them biased, as one product: their outputs side by side. */
  projectTogether(input: string, output: string, matrices: readonly Matrix[], from: number): void;
  /** Whether one product is faster than several even if its output must be split. */
  readonly fasterTogether: boolean;
  /** The rows of the embedding at `ids`. */
  embed(ids: string, output: string): string;
  /** output = states · Wᵀ for the output matrix, which may be the embedding. */
  score(states: string, output: string): void;
}

/** The tensors of matrices that are stored as one. */
export const partsOf = (matrices: readonly Matrix[]): Part[] =>
  matrices.map(({ name, to }) => ({ tensor: `${name}.weight`, rows: to }));

/** Float weights. The computation is in float32 however they are stored. */
export function floatWeights(
  graph: GraphBuilder,
  tensors: Tensors,
  { width, vocabulary, tied }: { readonly width: number; readonly vocabulary: number; readonly tied: boolean },
  stored: "float16" | "float32",
): DecoderWeights {
  const written = new Map<string, string>();
  const once = (name: string, write: () => string): string => {
    const known = written.get(name) ?? write();
    written.set(name, known);
    return known;
  };
  /**
   * Adds a Cast if values are stored as float16. For weights this is free: ONNX Runtime folds it when it loads the
   * file.
   */
  const asFloat32 = (name: string): string => {
    if (stored === "float32") return name;
    graph.node("Cast", [name], [`${name}.float32`], { to: 1 });
    return `${name}.float32`;
  };
  /** W transposed: MatMul takes [from, to]. */
  const matrix = (parts: readonly Part[], from: number): string => {
    const name = parts.map(({ tensor }) => tensor).join("+");
    return once(name, () => {
      const [read, to] = [findStacked(tensors, parts, from), rowsOf(parts)];
      return asFloat32(graph.weights(name, () => transpose(read(), to, from), [from, to], stored));
    });
  };
  const embedding = "model.embed_tokens.weight";
  const table = (): string =>
    once(embedding, () =>
      graph.weights(embedding, tensors.find(embedding, [vocabulary, width]), [vocabulary, width], stored),
    );
  const vector = (name: string, size: number): string =>
    once(name, () => graph.weights(name, tensors.find(name, [size]), [size], "float32"));

  return {
    vector,
    project(input, output, name, from, to, biased) {
      const product = biased ? `${output}.unbiased` : output;
      graph.node("MatMul", [input, matrix(partsOf([{ name, to }]), from)], [product]);
      if (biased) graph.node("Add", [product, vector(`${name}.bias`, to)], [output]);
    },
    projectTogether(input, output, matrices, from) {
      graph.node("MatMul", [input, matrix(partsOf(matrices), from)], [output]);
    },
    fasterTogether: false,
    embed(ids, output) {
      graph.node("Gather", [table(), ids], [output], { axis: 0 });
      return asFloat32(output);
    },
    score(states, output) {
      const head = () => {
        if (!tied) return matrix([{ tensor: "lm_head.weight", rows: vocabulary }], width);
        // The embedding is stored once; ONNX Runtime folds the transpose when it loads the file.
        graph.node("Transpose", [asFloat32(table())], ["head"]);
        return "head";
      };
      graph.node("MatMul", [states, once("head", head)], [output]);
    },
  };
}

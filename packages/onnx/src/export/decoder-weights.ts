import type { GraphBuilder } from "../onnx-file/graph-builder.ts";
import type { Tensors } from "./safetensors.ts";
import { transpose } from "./transpose.ts";

/** A model's weights in a graph. Each is written once, at its first use, however many passes the graph contains. */
export interface DecoderWeights {
  /** A float32 vector, stored under its name. */
  vector(name: string, size: number): string;
  /**
   * output = input · Wᵀ for Hugging Face's matrix `${name}.weight` [to, from], plus `${name}.bias` [to] when `biased`.
   */
  project(input: string, output: string, name: string, from: number, to: number, biased: boolean): void;
  /**
   * The products of one input with several matrices, none of them biased, where one large product is faster than
   * several. Absent: it is not.
   */
  projectTogether?(
    input: string,
    matrices: readonly { readonly name: string; readonly output: string; readonly to: number }[],
    from: number,
  ): void;
  /** The rows of the embedding at `ids`. */
  embed(ids: string, output: string): string;
  /** output = states · Wᵀ for the output matrix, which may be the embedding. */
  score(states: string, output: string): void;
}

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
  const matrix = (name: string, from: number, to: number): string =>
    once(name, () => {
      const read = tensors.find(name, [to, from]);
      return asFloat32(graph.weights(name, () => transpose(read(), to, from), [from, to], stored));
    });
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
      graph.node("MatMul", [input, matrix(`${name}.weight`, from, to)], [product]);
      if (biased) graph.node("Add", [product, vector(`${name}.bias`, to)], [output]);
    },
    embed(ids, output) {
      graph.node("Gather", [table(), ids], [output], { axis: 0 });
      return asFloat32(output);
    },
    score(states, output) {
      const head = () => {
        if (!tied) return matrix("lm_head.weight", width, vocabulary);
        // The embedding is stored once; ONNX Runtime folds the transpose when it loads the file.
        graph.node("Transpose", [asFloat32(table())], ["head"]);
        return "head";
      };
      graph.node("MatMul", [states, once("head", head)], [output]);
    },
  };
}

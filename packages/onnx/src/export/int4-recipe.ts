/** How an int4 model stores its embedding. */
export const endKinds = ["int4", "int8", "float16"] as const;

/** How an embedding is stored. */
export type EndKind = (typeof endKinds)[number];

/**
 * How an int4 model stores its output matrix. int8: as in an int8 model, with a scale for each token of the vocabulary;
 * int8-blocks: with a scale for each block, by the operator that multiplies int4, which WebGPU has too.
 */
export const outputKinds = ["int8", "int8-blocks", "int4", "float16"] as const;

/** How an output matrix is stored. */
export type OutputKind = (typeof outputKinds)[number];

/** The sizes of blocks that have fast kernels. */
export const blockSizes = [32, 64, 128] as const;

/** How an int4 model is stored. */
export interface Int4Recipe {
  /** Weights that share a scale. Larger blocks are faster and less accurate. */
  readonly block: (typeof blockSizes)[number];
  /** Whether each block also has a zero point. */
  readonly zeroPoints: boolean;
  /** The output matrix. */
  readonly head: OutputKind;
  /** The embedding, of which each token reads one row. */
  readonly embedding: EndKind;
}

/** Parts of a recipe. Default: blocks of 32 without zero points, the output matrix in int8, the embedding in float16. */
export type Int4Options = { readonly [Key in keyof Int4Recipe]?: Int4Recipe[Key] | undefined };

/** The options as a whole recipe. Throws RangeError for values that are not offered. */
export function int4Recipe(options: Int4Options = {}): Int4Recipe {
  const { block = 32, zeroPoints = false, head = "int8", embedding = "float16" } = options;
  const oneOf = (name: string, value: unknown, known: readonly unknown[]) => {
    if (!known.includes(value)) throw new RangeError(`${name} is ${value}; expected one of ${known.join(", ")}.`);
  };
  oneOf("int4.block", block, blockSizes);
  oneOf("int4.head", head, outputKinds);
  oneOf("int4.embedding", embedding, endKinds);
  return { block, zeroPoints, head, embedding };
}

import type { LanguageModel, Session, Token } from "./model.ts";

/** The ids that have a token: those below `vocabulary`, except `unused`. Tokenizers and models have this shape. */
export interface TokenIds {
  readonly vocabulary: number;
  readonly unused?: ReadonlySet<Token> | undefined;
}

/**
 * Returns the model with rows over exactly these ids. Columns beyond them (the padding of an output layer) are cut off;
 * unused ids, and ids that the model lacks, get a logit of −∞. Padding is then never drawn, drafted or accepted, and
 * the distribution over the rest is the model's, renormalised. Align a target with its tokenizer, and its draft model
 * with the aligned target: both rows then have the same support, as verifiers expect. A model that already fits is
 * returned unchanged. Cutting costs a copy of each row; logits of −∞ rule out the fast arithmetic.
 */
export function alignVocabulary(model: LanguageModel, tokens: TokenIds): LanguageModel {
  const vocabulary = tokens.vocabulary;
  const unused = new Set([...(tokens.unused ?? []), ...(model.unused ?? [])].filter((token) => token < vocabulary));
  for (let token = model.vocabulary; token < vocabulary; token++) unused.add(token);
  if (vocabulary === model.vocabulary && unused.size === (model.unused?.size ?? 0)) return model;
  const session = (inner: Session): Session => ({
    get length() {
      return inner.length;
    },
    async append(tokens, options) {
      const scores = await inner.append(tokens, options);
      const logits = new Float32Array(scores.rows * vocabulary);
      copyRows(scores.logits, model.vocabulary, logits, { vocabulary, unused });
      return { ...scores, logits };
    },
    rewind: (length) => inner.rewind(length),
    close: () => inner.close(),
  });
  return {
    name: model.name,
    source: model.source,
    vocabulary,
    unused,
    readable: model.readable ?? model.vocabulary,
    contextLength: model.contextLength,
    eos: model.eos,
    hidden: model.hidden,
    lastOnly: model.lastOnly,
    open: async (options) => session(await model.open(options)),
    close: () => model.close(),
  };
}

/** Copies rows of `width` logits into rows over these ids. Both are row-major and have the same number of rows. */
export function copyRows(
  from: Float32Array,
  width: number,
  into: Float32Array,
  { vocabulary, unused }: TokenIds,
): void {
  if (width === vocabulary) into.set(from);
  else {
    const kept = Math.min(width, vocabulary);
    const rows = from.length / width;
    for (let row = 0; row < rows; row++) into.set(from.subarray(row * width, row * width + kept), row * vocabulary);
  }
  for (const token of unused ?? [])
    for (let at = token; at < into.length; at += vocabulary) into[at] = Number.NEGATIVE_INFINITY;
}

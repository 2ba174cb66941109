import type { LanguageModel, Session, Token } from "./model.ts";

/**
 * The ids that stand for tokens: those below `vocabulary`, without `unused`. Tokenizers and models are of this shape.
 */
export interface TokenIds {
  readonly vocabulary: number;
  readonly unused?: ReadonlySet<Token> | undefined;
}

/**
 * The model with rows over exactly these ids: columns beyond them, the padding of an output layer, are cut off; unused
 * ids, and ids that the model does not have, get a logit of −∞. So padding is neither drawn nor drafted nor accepted,
 * and the law over the rest is the model's own, renormalised. Give the tokenizer of a target, and the aligned target
 * for its draft model: then both rows have one support, as verifiers expect. A model that already fits is returned as
 * it is. Cutting costs a copy of each row; an id of −∞ keeps its rows from the fast arithmetic.
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

/** Copies rows of `width` logits into rows over these ids. Both are row-major; `into` has as many rows as `from`. */
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

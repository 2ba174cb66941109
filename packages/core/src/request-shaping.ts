import type { DecodeOptions } from "./decode-options.ts";
import { allows, applyMask, grammarPath } from "./grammar-path.ts";
import type { LanguageModel, Token } from "./model.ts";
import type { Shaping } from "./shaping.ts";

/** The request whose rows are shaped: its target, and its tokens so far, which only ever grow. */
export interface ShapedRequest extends Pick<DecodeOptions, "processors" | "grammar"> {
  readonly target: Pick<LanguageModel, "vocabulary" | "eos">;
  readonly committed: readonly Token[];
  readonly promptLength: number;
}

/** The request's processors in their order, then its grammar. Undefined if it has none. */
export function requestShaping(request: ShapedRequest): Shaping | undefined {
  const { processors = [], grammar, target, committed, promptLength } = request;
  if (processors.length === 0 && grammar === undefined) return undefined;
  const eos = new Set(target.eos);
  const { vocabulary } = target;
  const path = grammar === undefined ? undefined : grammarPath(grammar, { committed, promptLength, eos, vocabulary });
  const tokens: Token[] = [];
  let known = 0;
  /** The committed and the drafted tokens in one array, which is reused. */
  const before = (drafted: readonly Token[]): readonly Token[] => {
    tokens.length = known;
    for (; known < committed.length; known++) tokens.push(committed[known] as Token);
    for (const token of drafted) tokens.push(token);
    return tokens;
  };
  return {
    vocabulary,
    shape(logits, drafted) {
      const ends = target.eos.map((token) => [token, logits[token]] as const);
      for (const processor of processors) processor.process(logits, before(drafted), promptLength);
      const mask = path?.mask(drafted);
      if (mask !== undefined) applyMask(logits, mask);
      if (mask === undefined || anyLeft(logits)) return anyLeft(logits);
      // Nothing may follow what the grammar says is complete, so it ends, also below a minimum length.
      for (const [token, logit] of ends) if (logit !== undefined && allows(mask, token)) logits[token] = logit;
      return anyLeft(logits);
    },
    forced: (drafted) => path?.forced(drafted) ?? [],
    cut(draft, drawn) {
      if (path === undefined) return draft;
      const illegal = draft.findIndex((token, at) => !allows(path.mask(draft.slice(0, at)), token));
      if (illegal < 0) return draft;
      const ended = eos.has(draft[illegal - 1] ?? -1);
      return draft.slice(0, drawn && !ended ? illegal + 1 : illegal);
    },
  };
}

/** Whether any logit is above −∞. */
function anyLeft(logits: Float32Array): boolean {
  let at = 0;
  while (at < logits.length && logits[at] === Number.NEGATIVE_INFINITY) at++;
  return at < logits.length;
}

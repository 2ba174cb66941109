import type { Grammar } from "./grammar.ts";
import type { Token } from "./model.ts";

/** Where a grammar is applied. */
export interface GrammarPathOptions {
  /** The prompt and the answer so far; only ever grows. */
  readonly committed: readonly Token[];
  /** The index at which the answer, and so the grammar, begins. */
  readonly promptLength: number;
  readonly eos: ReadonlySet<Token>;
  readonly vocabulary: number;
}

/** One position of a draft: its token, and the state after it. No state: the token is illegal or ends the answer. */
interface Step<State> {
  readonly token: Token | undefined;
  readonly state: State | undefined;
  mask?: Uint32Array | undefined;
}

/** A grammar's states after the committed tokens and along drafts. */
export interface GrammarPath {
  /** One bit per token, as in `Grammar.mask`: what may follow `drafted`. Nothing follows an illegal token or EOS. */
  mask(drafted: readonly Token[]): Uint32Array;
  /** The tokens that must follow, as in `Grammar.forced`. */
  forced(drafted: readonly Token[]): readonly Token[];
}

/**
 * Follows a grammar through an answer. States are immutable, so after a rejection the state before the rejected token
 * is still at hand; the path is cut back to what the new draft shares with the old one.
 */
export function grammarPath<State>(
  grammar: Grammar<State>,
  { committed, promptLength, eos, vocabulary }: GrammarPathOptions,
): GrammarPath {
  let length = promptLength;
  let path: Step<State>[] = [{ token: undefined, state: grammar.start }];

  const next = ({ state }: Step<State>, token: Token): Step<State> => ({
    token,
    state: state === undefined || eos.has(token) ? undefined : grammar.advance(state, token),
  });
  const stepAfter = (drafted: readonly Token[]): Step<State> => {
    if (length < committed.length) {
      let [last] = path as [Step<State>];
      while (length < committed.length) last = next(last, committed[length++] as Token);
      path = [last];
    }
    let at = 1;
    while (at <= drafted.length && path[at]?.token === drafted[at - 1]) at++;
    if (at <= drafted.length) path.length = at;
    for (; at <= drafted.length; at++) path.push(next(path[at - 1] as Step<State>, drafted[at - 1] as Token));
    return path[drafted.length] as Step<State>;
  };
  const masked = (state: State | undefined): Uint32Array => {
    const mask = new Uint32Array(Math.ceil(vocabulary / 32));
    if (state === undefined) return mask;
    grammar.mask(state, mask);
    const ends = grammar.accepting(state);
    for (const token of eos) {
      const [word, bit] = [token >> 5, 1 << (token & 31)];
      mask[word] = ends ? (mask[word] as number) | bit : (mask[word] as number) & ~bit;
    }
    return mask;
  };
  return {
    mask(drafted) {
      const step = stepAfter(drafted);
      return (step.mask ??= masked(step.state));
    },
    forced(drafted) {
      const { state } = stepAfter(drafted);
      return state === undefined ? [] : (grammar.forced?.(state) ?? []);
    },
  };
}

/** Whether the token's bit is set. */
export function allows(mask: Uint32Array, token: Token): boolean {
  return (((mask[token >> 5] as number) >>> (token & 31)) & 1) === 1;
}

/** Sets the logits of all tokens whose bit is 0 to −∞. */
export function applyMask(logits: Float32Array, mask: Uint32Array): void {
  for (const [word, bits] of mask.entries()) {
    if (bits === 0xffffffff) continue;
    const begin = 32 * word;
    const end = Math.min(begin + 32, logits.length);
    if (bits === 0) logits.fill(Number.NEGATIVE_INFINITY, begin, end);
    else
      for (let token = begin; token < end; token++) if (!allows(mask, token)) logits[token] = Number.NEGATIVE_INFINITY;
  }
}

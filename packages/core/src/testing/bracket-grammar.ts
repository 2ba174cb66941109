import type { Grammar } from "../grammar.ts";
import type { Token } from "../model.ts";

/** The ids of the bracket grammar. Ids from 6 on are letters; 0 is left for EOS. */
export const brackets = { open: 1, close: 2, quote: [3, 4, 5] } as const;

/** What is open, and what is still to come of a quote. */
export interface BracketState {
  readonly depth: number;
  readonly rest: readonly Token[];
  readonly begun: boolean;
}

/** The deepest nesting. */
const deepest = 3;

/**
 * A small grammar for tests: balanced brackets at most 3 deep, with letters inside them, and quotes anywhere. A quote
 * is always the same three tokens, so its first one forces the two others. An answer has at least one token.
 */
export function bracketGrammar(vocabulary: number): Grammar<BracketState> {
  const ids = Array.from({ length: vocabulary }, (_, token) => token);
  const advance = ({ depth, rest }: BracketState, token: Token): BracketState | undefined => {
    const [due, ...later] = rest;
    const after = (depth: number, rest: readonly Token[] = []) => ({ depth, rest, begun: true });
    if (due !== undefined) return token === due ? after(depth, later) : undefined;
    if (token === brackets.open) return depth < deepest ? after(depth + 1) : undefined;
    if (token === brackets.close) return depth > 0 ? after(depth - 1) : undefined;
    if (token === brackets.quote[0]) return after(depth, brackets.quote.slice(1));
    return token > brackets.quote[2] && depth > 0 ? after(depth) : undefined;
  };
  return {
    start: { depth: 0, rest: [], begun: false },
    mask(state, out) {
      for (const token of ids)
        if (advance(state, token) !== undefined) out[token >> 5] = (out[token >> 5] as number) | (1 << (token & 31));
    },
    advance,
    accepting: ({ depth, rest, begun }) => begun && depth === 0 && rest.length === 0,
    forced: ({ rest }) => rest,
  };
}

/** Whether these tokens are a whole answer of the grammar, or the beginning of one. */
export function follows<State>(grammar: Grammar<State>, tokens: readonly Token[], eos: ReadonlySet<Token>): boolean {
  let state: State | undefined = grammar.start;
  for (const [at, token] of tokens.entries()) {
    if (eos.has(token)) return at === tokens.length - 1 && grammar.accepting(state);
    state = grammar.advance(state, token);
    if (state === undefined) return false;
  }
  return true;
}

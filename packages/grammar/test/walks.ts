/** Texts of a grammar: reading them, and drawing them. */
import assert from "node:assert/strict";
import type { Grammar, Random, Token, Tokenizer } from "@lenity/core";

/** The legal tokens of a state, by its mask. */
export function legal(grammar: Grammar, state: unknown, { vocabulary }: Tokenizer): Token[] {
  const mask = new Uint32Array(Math.ceil(vocabulary / 32));
  grammar.mask(state, mask);
  return Array.from({ length: vocabulary }, (_, token) => token).filter(
    (token) => ((mask[token >>> 5] as number) >>> (token & 31)) & 1,
  );
}

/** The state after tokens; undefined if one is illegal. */
export function advanced(grammar: Grammar, tokens: readonly Token[], from: unknown = grammar.start): unknown {
  let state: unknown = from;
  for (const token of tokens) {
    if (state === undefined) return undefined;
    state = grammar.advance(state, token);
  }
  return state;
}

/** Whether the grammar accepts a text, read byte by byte: tokens 0 to 255 are the bytes. */
export function accepts(grammar: Grammar, text: string): boolean {
  const state = advanced(grammar, [...new TextEncoder().encode(text)]);
  return state !== undefined && grammar.accepting(state);
}

export interface WalkOptions {
  /** The chance to end where the grammar accepts. Default 0.3. */
  readonly ends?: number;
  /** After so many tokens, those that end the text or a part of it are preferred. Default 40. */
  readonly tokens?: number;
}

/** A random text that the grammar accepts, of legal tokens. `visit` gets every state. */
export function randomText(
  grammar: Grammar,
  tokenizer: Tokenizer,
  random: Random,
  { ends = 0.3, tokens: most = 40 }: WalkOptions = {},
  visit: (state: unknown, tokens: readonly Token[]) => void = () => {},
): string {
  const tokens: Token[] = [];
  let state: unknown = grammar.start;
  for (;;) {
    visit(state, tokens);
    const text = tokenizer.decode(tokens);
    const late = tokens.length >= most;
    if (grammar.accepting(state) && (late || random() < ends)) return text;
    const all = legal(grammar, state, tokenizer);
    if (all.length === 0 && grammar.accepting(state)) return text;
    assert.ok(all.length > 0, `nothing may follow ${text}`);
    assert.ok(tokens.length < 5000, `no end of ${text.slice(0, 200)}…`);
    const closing = [...'"]}nx0'].map((letter) => letter.charCodeAt(0)).filter((byte) => all.includes(byte));
    const ending = late ? all.filter((token) => grammar.accepting(grammar.advance(state, token))) : [];
    const from = ending.length > 0 ? ending : late && closing.length > 0 && random() < 0.7 ? closing : all;
    const token = from[Math.floor(random() * from.length)] as Token;
    tokens.push(token);
    state = grammar.advance(state, token);
    assert.notEqual(state, undefined, `the mask allows ${token} after ${text}, and advance does not`);
  }
}

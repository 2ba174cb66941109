/** Random pairs of models that are functions of their context, and what they answer, computed without sessions. */
import { argmax, type Token, type Tokenizer } from "@lenity/core";
import { noisyModel, randomModel, type TableModel } from "@lenity/core/testing";

/** Tokens 0 to 8 are the digits 1 to 9; token 9 ends an answer and has no text. */
export const digits: Tokenizer = {
  vocabulary: 10,
  special: new Set([9]),
  encode: (text) => [...text].map((digit) => Number(digit) - 1),
  decode: (tokens) => tokens.map((token) => (token === 9 ? "" : String(token + 1))).join(""),
};

/** A target whose logits depend on all tokens before, and a draft model that often agrees with it. */
export function randomPair(seed: number): { readonly target: TableModel; readonly draft: TableModel } {
  const options = { seed, vocabulary: 10, order: 1000, eos: [9], contextLength: 200 };
  return { target: randomModel(options), draft: noisyModel({ ...options, noise: 1 }) };
}

/** The model's answer at temperature 0 that begins with `start`: to EOS, or to the length `most`. */
export function greedily(
  model: TableModel,
  prompt: readonly Token[],
  start: readonly Token[],
  most: number,
): { readonly tokens: Token[]; readonly finished: boolean } {
  const tokens = [...start];
  while (tokens.length < most && tokens.at(-1) !== 9) tokens.push(argmax(model.logits([...prompt, ...tokens])));
  return { tokens, finished: tokens.at(-1) === 9 };
}

/** log P(tokens | context), one token after another. */
export function logLikelihood(model: TableModel, context: readonly Token[], tokens: readonly Token[]): number {
  return tokens.reduce((sum, token, i) => {
    const logits = [...model.logits([...context, ...tokens.slice(0, i)])];
    return sum + (logits[token] as number) - Math.log(logits.reduce((mass, logit) => mass + Math.exp(logit), 0));
  }, 0);
}

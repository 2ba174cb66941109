import { argmax, type HiddenKind, type Token } from "@lenity/core";
import { copyRows, writeNoise } from "@lenity/core/internal";
import { blockFeeds } from "../graph/block-feeds.ts";
import type { DrafterGraph } from "../graph/graph.ts";
import { cacheOf, type Model, type Sequence } from "./sequence.ts";

/** Tokens, and the logits [tokens.length, vocabulary] that they were drawn from. */
export interface DrawnTokens {
  readonly tokens: readonly Token[];
  readonly logits: Float32Array;
  /** [tokens.length, width], if requested: the hidden state at the token before each. */
  readonly hidden?: Float32Array | undefined;
}

/** How tokens are drawn. */
export interface Drawing {
  readonly temperature: number;
  /** One per token. */
  readonly coins: readonly number[];
  /** The seed of the noise to draw by instead, for a drafter that takes noise. */
  readonly noise?: number | undefined;
  /** A kind of hidden state that the drafter has. */
  readonly hidden?: HiddenKind | undefined;
}

/**
 * One call of a drafter graph: runs `pending` (at least one token) and draws one token per coin, until a token ends the
 * draft. The last one drawn is not run. The model's context must have room for one token per coin. On error the
 * sequence is unchanged.
 */
export async function drawTokens(
  { session, goesOn, mask, hidden: states, takesNoise }: DrafterGraph,
  model: Model,
  sequence: Sequence,
  pending: readonly Token[],
  { temperature, coins, noise, hidden: kind }: Drawing,
): Promise<DrawnTokens> {
  const { vocabulary } = model;
  const { runtime } = model.graph;
  const start = sequence.tokens.length;
  const end = start + pending.length;
  const cache = cacheOf(model, sequence);
  const { feeds, fetches } = await cache.prepare(start, end + coins.length);
  // A coin just below 1, multiplied by a sum, may round to the sum.
  const uniform = Float64Array.from(coins, (coin) => Math.min(coin, 1 - 2 ** -52));
  const survivals = noise === undefined ? new Float64Array() : noiseOf(noise, end, coins.length, model.width);
  const output = kind === undefined ? undefined : states[kind];
  const results = await session.run(
    {
      ...feeds,
      ...blockFeeds({ runtime, inputs: [] }, pending, start, 1),
      uniform: new runtime.Tensor("float64", uniform, [uniform.length]),
      ...(takesNoise
        ? { noise: new runtime.Tensor("float64", survivals, [survivals.length / model.width, model.width]) }
        : {}),
      temperature: new runtime.Tensor("float64", Float64Array.of(temperature), []),
      mask,
      goes_on: goesOn,
    },
    { ...fetches, tokens: null, logits: null, ...(output === undefined ? {} : { [output]: null }) },
  );
  const tokens = Array.from(results["tokens"]?.data as BigInt64Array, Number);
  const logits = new Float32Array(tokens.length * vocabulary);
  copyRows(results["logits"]?.data as Float32Array, model.width, logits, model);
  // Throws for rows that are not numbers, as a draw from them would.
  for (let at = 0; at < tokens.length; at++) argmax(logits.subarray(at * vocabulary, (at + 1) * vocabulary));
  cache.keep(results, start, end + tokens.length - 1);
  sequence.tokens.push(...pending, ...tokens.slice(0, -1));
  return { tokens, logits, hidden: output === undefined ? undefined : (results[output]?.data as Float32Array) };
}

/** The noise of `count` positions from this one on, [count, width]. */
function noiseOf(seed: number, position: number, count: number, width: number): Float64Array {
  const survivals = new Float64Array(count * width);
  for (let i = 0; i < count; i++) writeNoise(survivals.subarray(i * width, (i + 1) * width), seed, position + i);
  return survivals;
}

import { argmax, draw as drawByCoin, drawByNoise, processedRow, type Token } from "@lenity/core";
import type { DrawMessage, DrawReply } from "../protocol/protocol.ts";
import { append, type Model, type Sequence } from "./sequence.ts";

/** Milliseconds after which no further token is begun: others wait for their turn, and readers for the tokens. */
const longest = 10;

/** The same for requests that share runs: nobody waits for their turns, and each has its part of the time. */
const longestShared = 40;

/**
 * Appends the tokens and draws one after another, up to `limit`, up to an EOS token, or until the time is over. An
 * error after the first token is left to the next request, which meets it again; the tokens before it are returned.
 */
export async function drawAnswer(
  model: Model,
  sequence: Sequence,
  request: DrawMessage,
  eos: ReadonlySet<Token>,
): Promise<DrawReply> {
  const { alone, limit: most } = request;
  const cancel = request.cancel === undefined ? undefined : new Int32Array(request.cancel);
  const began = performance.now();
  const tokens: Token[] = [];
  let pending = request.tokens;
  while (tokens.length < most && !eos.has(tokens.at(-1) ?? -1)) {
    const limit = model.together?.gathering.shared === true ? longestShared : longest;
    if (tokens.length > 0 && performance.now() - began >= limit) break;
    try {
      const { logits } = await append(model, sequence, pending, { rows: 1, alone, cancel });
      tokens.push(drawn(logits, request, tokens.length, sequence.tokens.length));
    } catch (error) {
      if (tokens.length === 0) throw error;
      break;
    }
    pending = tokens.slice(-1);
  }
  return { tokens };
}

/** The token that follows at that position of the text, by noise or by the coin at `at`. */
function drawn(logits: Float32Array, { sampling, uniform, noise }: DrawMessage, at: number, position: number): Token {
  if (sampling.temperature === 0) return argmax(logits);
  const row = processedRow(logits, sampling);
  return noise === undefined ? drawByCoin(row, uniform[at] as number) : drawByNoise(row, noise, position);
}

import { draw, process, type Token } from "@lenity/core";
import type { DraftMessage, DraftReply } from "./protocol.ts";
import { append, type Model, type Sequence } from "./sequence.ts";

/**
 * Brings the sequence to the context (keeping the prefix that both share) and draws up to `limit` tokens, one after another, until an EOS token.
 * The last one drawn is not run: the next context says whether it stayed.
 */
export async function draftRound(model: Model, sequence: Sequence, request: DraftMessage, eos: ReadonlySet<Token>): Promise<DraftReply> {
  const { context, sampling, uniform } = request;
  const { vocabulary } = model;
  const cancel = request.cancel === undefined ? undefined : new Int32Array(request.cancel);
  const limit = Math.max(0, Math.min(request.limit, model.contextLength - context.length));
  let shared = 0;
  while (shared < sequence.tokens.length && shared < context.length - 1 && sequence.tokens[shared] === context[shared]) shared++;
  sequence.tokens.length = shared;

  const tokens: Token[] = [];
  const logits = new Float32Array(limit * vocabulary);
  let pending = context.slice(shared);
  while (tokens.length < limit) {
    const row = (await append(model, sequence, pending, { rows: 1, cancel })).logits;
    logits.set(row, tokens.length * vocabulary);
    const token = draw(process(row, sampling), uniform[tokens.length] ?? 0);
    tokens.push(token);
    if (eos.has(token)) break;
    pending = [token];
  }
  return { tokens, logits: tokens.length === limit ? logits : logits.slice(0, tokens.length * vocabulary), length: sequence.tokens.length };
}

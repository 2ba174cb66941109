import type { Draft, Drafter, DraftRequest } from "../drafter.ts";
import { logitsEvidence } from "../logits-evidence.ts";
import type { LanguageModel, Session, Token } from "../model.ts";
import { draw, process } from "../sampling.ts";

/** The number of leading tokens that two sequences share. */
export function commonPrefix(a: readonly Token[], b: readonly Token[]): number {
  let length = 0;
  while (length < a.length && length < b.length && a[length] === b[length]) length++;
  return length;
}

/** A drafter that steps a language model, one token at a time. It opens a session with the first block and frees it on close. */
export function modelDrafter(model: LanguageModel): Drafter {
  let opening: Promise<Session> | undefined;
  let held: Token[] = []; // the tokens in the session's cache
  const eos = new Set(model.eos);

  return {
    name: model.name,
    rows: true,
    vocabulary: model.vocabulary,
    async propose({ context, limit, sampling, uniform, signal }: DraftRequest): Promise<Draft> {
      opening ??= model.open();
      const session = await opening;
      await session.rewind(Math.min(commonPrefix(held, context), context.length - 1));
      held = context.slice(0, session.length);
      const room = Math.min(limit, model.contextLength - context.length);

      const tokens: Token[] = [];
      const logits = new Float32Array(Math.max(0, room) * model.vocabulary);
      let pending = context.slice(held.length);
      while (tokens.length < room && !eos.has(tokens.at(-1) ?? -1)) {
        const scores = await session.append(pending, { rows: 1, signal });
        held.push(...pending);
        logits.set(scores.logits, tokens.length * model.vocabulary);
        const token = draw(process(scores.logits, sampling), uniform[tokens.length] as number);
        tokens.push(token);
        pending = [token];
      }
      return { tokens, evidence: logitsEvidence(logits.subarray(0, tokens.length * model.vocabulary), model.vocabulary, sampling) };
    },
    async close() {
      await (await opening)?.close();
      opening = undefined;
      held = [];
    },
  };
}

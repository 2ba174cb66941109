import type { Draft, Drafter, DraftRequest } from "../drafter.ts";
import { logitsEvidence } from "../evidence/logits-evidence.ts";
import { blame } from "../evidence/name-the-model.ts";
import type { LanguageModel, Session, Token } from "../model.ts";
import { draw } from "../sampling.ts";
import { processedRow } from "../truncate.ts";

/** Whether the model accepts all these tokens as input. */
export function canRead(
  { readable, vocabulary }: Pick<LanguageModel, "readable" | "vocabulary">,
  tokens: readonly Token[],
): boolean {
  const limit = readable ?? vocabulary;
  return tokens.every((token) => token < limit);
}

/** The number of leading tokens that two sequences share. */
export function commonPrefix(a: readonly Token[], b: readonly Token[]): number {
  let length = 0;
  while (length < a.length && length < b.length && a[length] === b[length]) length++;
  return length;
}

/**
 * A drafter that runs a language model one token at a time. It opens a session for the first block and frees it on
 * close. If the context has a token that the model cannot read (the target may have more), it drafts nothing.
 */
export function modelDrafter(model: LanguageModel): Drafter {
  let opening: Promise<Session> | undefined;
  let held: Token[] = []; // the tokens in the session's cache
  const eos = new Set(model.eos);

  return {
    name: model.name,
    rows: true,
    vocabulary: model.vocabulary,
    async propose({ context, scope, limit, sampling, shaping, uniform, signal }: DraftRequest): Promise<Draft> {
      if (!canRead(model, context)) return { tokens: [] };
      if (opening === undefined) {
        opening = model.open({ prompt: context, scope });
        held = context.slice(0, (await opening).length);
      }
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
        const row = logits.subarray(tokens.length * model.vocabulary, (tokens.length + 1) * model.vocabulary);
        row.set(scores.logits);
        // The grammar may need a token that this model lacks, or the answer is over.
        if (shaping?.shape(row, tokens) === false) break;
        const token = draw(
          blame(model, () => processedRow(row, sampling)),
          uniform[tokens.length] as number,
        );
        tokens.push(token);
        pending = [token];
      }
      return {
        tokens,
        evidence: logitsEvidence(
          logits.subarray(0, tokens.length * model.vocabulary),
          model.vocabulary,
          sampling,
          model,
        ),
      };
    },
    async close() {
      const session = opening;
      opening = undefined;
      held = [];
      // If the session could not be opened, `propose` has thrown that error and there is nothing to close.
      await (await session?.catch(() => undefined))?.close();
    },
  };
}

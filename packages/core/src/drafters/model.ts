import type { Draft, Drafter, DraftRequest } from "../drafter.ts";
import { logitsEvidence } from "../evidence/logits-evidence.ts";
import { blame } from "../evidence/name-the-model.ts";
import { hiddenRows } from "../hidden-rows.ts";
import type { LanguageModel, Scores, Token } from "../model.ts";
import { drawDraft } from "../pick-token.ts";
import { processedRow } from "../truncate.ts";
import { draftSession } from "./draft-session.ts";

/** Whether the model accepts all these tokens as input. */
export function canRead(
  { readable, vocabulary }: Pick<LanguageModel, "readable" | "vocabulary">,
  tokens: readonly Token[],
): boolean {
  const limit = readable ?? vocabulary;
  return tokens.every((token) => token < limit);
}

/**
 * A drafter that runs a language model one token at a time. It opens a session for the first block and frees it on
 * close. If the context has a token that the model cannot read (the target may have more), it drafts nothing.
 */
export function modelDrafter(model: LanguageModel): Drafter {
  const session = draftSession(model);
  const eos = new Set(model.eos);

  return {
    name: model.name,
    rows: true,
    vocabulary: model.vocabulary,
    hidden: model.hidden,
    prepare(request) {
      if (canRead(model, request.context)) session.prepare(request);
    },
    async propose(request: DraftRequest): Promise<Draft> {
      const { context, scope, limit, sampling, shaping, hidden, signal } = request;
      if (!canRead(model, context)) return { tokens: [] };
      let pending = await session.resume(context, scope);
      const room = Math.min(limit, model.contextLength - context.length);

      const tokens: Token[] = [];
      const logits = new Float32Array(Math.max(0, room) * model.vocabulary);
      const width = hidden === undefined ? 0 : (model.hidden[hidden] ?? 0);
      const states = new Float32Array(Math.max(0, room) * width);
      const run = async (): Promise<Scores> => {
        const scores = await session.run(pending, { rows: 1, hidden, signal });
        if (tokens.length > 0) states.set(scores.hidden ?? [], (tokens.length - 1) * width);
        pending = [];
        return scores;
      };
      while (tokens.length < room && !eos.has(tokens.at(-1) ?? -1)) {
        const scores = await run();
        const row = logits.subarray(tokens.length * model.vocabulary, (tokens.length + 1) * model.vocabulary);
        row.set(scores.logits);
        // The grammar may need a token that this model lacks, or the answer is over.
        if (shaping?.shape(row, tokens) === false) break;
        const processed = blame(model, () => processedRow(row, sampling));
        const token = drawDraft(processed, tokens.length, request);
        tokens.push(token);
        pending = [token];
      }
      // The last token is run only for its hidden state.
      if (hidden !== undefined && tokens.length > 0 && pending.length > 0) await run();
      return {
        tokens,
        evidence: logitsEvidence(
          logits.subarray(0, tokens.length * model.vocabulary),
          model.vocabulary,
          sampling,
          model,
        ),
        ...(hidden === undefined ? {} : { hidden: hiddenRows(states, width) }),
      };
    },
    close: session.close,
  };
}

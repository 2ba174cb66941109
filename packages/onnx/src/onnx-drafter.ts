import { type Draft, type Drafter, type DraftRequest, logitsEvidence, modelDrafter } from "@lenity/core";
import { canRead, hiddenRows } from "@lenity/core/internal";
import type { OnnxSession } from "./engine/session.ts";
import type { OnnxModel } from "./onnx-model.ts";

/**
 * A drafter that runs a whole round in the model's worker, together with the target's block if the target is of the same
 * pair (`loadPair`). If the request has processors or a grammar, it draws token
 * by token instead, so that they shape its rows. It opens a session at the first block and frees it on close. It drafts
 * nothing beyond its own context, or after a token that the model cannot read (a target with a larger vocabulary may
 * draw one).
 */
export function onnxDrafter(model: OnnxModel): Drafter {
  let opening: Promise<OnnxSession> | undefined;
  const stepping = modelDrafter(model);
  return {
    name: model.name,
    rows: true,
    vocabulary: model.vocabulary,
    hidden: model.hidden,
    async propose(request: DraftRequest): Promise<Draft> {
      if (request.shaping !== undefined) return stepping.propose(request);
      if (request.context.length >= model.contextLength || !canRead(model, request.context)) return { tokens: [] };
      const { context: prompt, scope, scoring } = request;
      opening ??= model.open({ prompt, scope, beside: scoring?.session });
      const { tokens, logits, hidden } = await (await opening).draft(request);
      return {
        tokens,
        evidence: logitsEvidence(logits, model.vocabulary, request.sampling, model),
        hidden: hidden === undefined ? undefined : hiddenRows(hidden, hidden.length / tokens.length),
      };
    },
    async close() {
      const session = opening;
      opening = undefined;
      // A session that failed to open was reported by `propose`; there is nothing to close.
      await (await session?.catch(() => undefined))?.close();
      await stepping.close();
    },
  };
}

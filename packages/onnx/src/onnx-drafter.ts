import { type Draft, type Drafter, type DraftRequest, logitsEvidence } from "@lenity/core";
import { canRead } from "@lenity/core/internal";
import type { OnnxSession } from "./engine/session.ts";
import type { OnnxModel } from "./onnx-model.ts";

/**
 * A drafter that does a whole round in the model's worker. It opens a session with the first block and frees it on
 * close. Beyond its own context, and after a token that the model cannot read, which a target with a larger vocabulary
 * may draw, it drafts nothing.
 */
export function onnxDrafter(model: OnnxModel): Drafter {
  let opening: Promise<OnnxSession> | undefined;
  return {
    name: model.name,
    rows: true,
    vocabulary: model.vocabulary,
    async propose(request: DraftRequest): Promise<Draft> {
      if (request.context.length >= model.contextLength || !canRead(model, request.context)) return { tokens: [] };
      opening ??= model.open({ prompt: request.context, scope: request.scope });
      const { tokens, logits } = await (await opening).draft(request);
      return { tokens, evidence: logitsEvidence(logits, model.vocabulary, request.sampling, model) };
    },
    async close() {
      const session = opening;
      opening = undefined;
      // A session that could not be opened is its proposal's error, and leaves nothing to close.
      await (await session?.catch(() => undefined))?.close();
    },
  };
}

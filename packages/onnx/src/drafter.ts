import { type Draft, type Drafter, type DraftRequest, logitsEvidence } from "@lenity/core";
import type { OnnxModel, OnnxSession } from "./model.ts";

/** A drafter that does a whole round in the model's worker. It opens a session with the first block and frees it on close. */
export function onnxDrafter(model: OnnxModel): Drafter {
  let opening: Promise<OnnxSession> | undefined;
  return {
    name: model.name,
    rows: true,
    vocabulary: model.vocabulary,
    async propose(request: DraftRequest): Promise<Draft> {
      opening ??= model.open();
      const { tokens, logits } = await (await opening).draft(request);
      return { tokens, evidence: logitsEvidence(logits, model.vocabulary, request.sampling) };
    },
    async close() {
      const session = opening;
      opening = undefined;
      await (await session)?.close();
    },
  };
}

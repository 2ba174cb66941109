import {
  type Draft,
  type Drafter,
  type DraftRequest,
  logitsEvidence,
  modelDrafter,
  type PrepareRequest,
} from "@lenity/core";
import { canRead, hiddenRows } from "@lenity/core/internal";
import type { OnnxSession } from "./engine/session.ts";
import type { OnnxModel } from "./onnx-model.ts";

export interface OnnxDrafterOptions {
  /**
   * Whether it runs the prompt while the target does (`Drafter.prepare`), instead of with the first draft. On two
   * processors, whose threads both work for the target, that made the first token up to a quarter later, and the eighth
   * between a tenth later (strict) and a sixth sooner (judi). Default: false.
   */
  readonly beside?: boolean | undefined;
}

/**
 * A drafter that runs a whole round in the model's worker, together with the target's block if the target is of the
 * same pair (`loadPair`). If the request has processors or a grammar, it draws token by token instead, so that they
 * shape its rows. It opens a session when it prepares or drafts, and frees it on close. It drafts nothing beyond its
 * own context, or after a token that the model cannot read (a target with a larger vocabulary may draw one).
 */
export function onnxDrafter(model: OnnxModel, { beside = false }: OnnxDrafterOptions = {}): Drafter {
  let opening: Promise<OnnxSession> | undefined;
  let preparing: Promise<unknown> | undefined;
  const stepping = modelDrafter(model);
  const drafts = ({ context }: PrepareRequest) => context.length < model.contextLength && canRead(model, context);
  const open = ({ context, scope, session }: PrepareRequest) => model.open({ prompt: context, scope, beside: session });
  return {
    name: model.name,
    rows: true,
    vocabulary: model.vocabulary,
    hidden: model.hidden,
    prepare(request) {
      if (!beside) return;
      if (request.shaping !== undefined) return stepping.prepare?.(request);
      if (!drafts(request)) return;
      const { context, signal } = request;
      const session = (opening ??= open(request));
      const run = async ({ length, append }: OnnxSession) => append(context.slice(length), { rows: 0, signal });
      preparing = session.then(run).catch(() => {});
    },
    async propose(request: DraftRequest): Promise<Draft> {
      if (request.shaping !== undefined) return stepping.propose(request);
      if (!drafts(request)) return { tokens: [] };
      await preparing;
      opening ??= open({ ...request, session: request.scoring?.session });
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

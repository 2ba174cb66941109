import {
  type Draft,
  type Drafter,
  type DraftRequest,
  type LanguageModel,
  logitsEvidence,
  modelDrafter,
  type PrepareRequest,
  type Token,
} from "@lenity/core";
import { canRead, hiddenRows } from "@lenity/core/internal";
import { runsOn } from "./engine/own-model.ts";
import { type OwnSession, ownSession } from "./engine/own-session.ts";
import type { OnnxSession } from "./engine/session.ts";
import { sessionRounds } from "./engine/session-rounds.ts";
import type { OnnxOpenOptions } from "./onnx-model.ts";
import type { ModelFacts } from "./protocol/model-facts.ts";

export interface OnnxDrafterOptions {
  /**
   * Whether it runs the prompt while the target does (`Drafter.prepare`), instead of with the first draft. On two
   * processors, whose threads both work for the target, that made the first token up to a quarter later, and the eighth
   * between a tenth later (strict) and a sixth sooner (judi). Default: false.
   */
  readonly beside?: boolean | undefined;
}

/** What the drafter uses of a model of this package. */
export type DraftModel = LanguageModel &
  Pick<ModelFacts, "aloneAsInBlocks"> & { open(options?: OnnxOpenOptions): Promise<OnnxSession> };

/**
 * A drafter that runs a whole round in the model's worker, together with the target's block if the target is of the
 * same pair (`loadPair`). If the policy is one that JSON names, that worker also verifies, so that several rounds are
 * one message. If the request has processors or a grammar, it draws token by token instead, so that they
 * shape its rows. It opens a session when it prepares or drafts, and frees it on close. It drafts nothing beyond its
 * own context, or after a token that the model cannot read (a target with a larger vocabulary may draw one).
 */
export function onnxDrafter(model: DraftModel, { beside = false }: OnnxDrafterOptions = {}): Drafter {
  let opening: Promise<OnnxSession> | undefined;
  let preparing: Promise<unknown> | undefined;
  const stepping = modelDrafter(model);
  const drafts = ({ context }: PrepareRequest) => context.length < model.contextLength && canRead(model, context);
  const open = ({ context, scope, session }: PrepareRequest) => model.open({ prompt: context, scope, beside: session });
  const drafter: Drafter = {
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
    rounds(request) {
      const { session, scope } = request;
      const target = ownSession(session);
      // A copy of this drafter may have its own way to propose.
      if (this !== drafter || beside || target === undefined || !runsOn(model, target.options.link)) return undefined;
      if (target.model.computesReadings || model.reach !== undefined) return undefined;
      const openDraft = async (context: readonly Token[]) => {
        opening ??= open({ context, scope, session });
        return ownSession(await opening) as OwnSession;
      };
      return sessionRounds(target, { model: factsOf(model), open: openDraft }, request);
    },
    async close() {
      const session = opening;
      opening = undefined;
      // A session that failed to open was reported by `propose`; there is nothing to close.
      await (await session?.catch(() => undefined))?.close();
      await stepping.close();
    },
  };
  return drafter;
}

function factsOf(model: DraftModel): ModelFacts {
  const { name, source, vocabulary, unused, readable = vocabulary, contextLength, eos, hidden, lastOnly } = model;
  const { aloneAsInBlocks } = model;
  const facts = { name, source, vocabulary, unused, readable, contextLength, eos, hidden, lastOnly, aloneAsInBlocks };
  return { ...facts, computesReadings: model.reach !== undefined };
}

import type { Draft, Drafter, DraftRequest } from "../drafter.ts";
import { logitsEvidence } from "../evidence/logits-evidence.ts";
import type { Token } from "../model.ts";
import type { RowShaping } from "../shaping.ts";

/**
 * Drafts the tokens that the request's grammar forces, which costs no model, and leaves the rest of the block to
 * another drafter, if there is one. Forced tokens are point masses: the target may still prefer another tokenization of
 * the same text. Without a grammar it is the other drafter, which it closes with itself.
 */
export function forcedDrafter(drafter?: Drafter): Drafter {
  return {
    name: drafter?.name ?? "forced",
    rows: drafter?.rows ?? false,
    vocabulary: drafter?.vocabulary,
    hidden: drafter?.hidden,
    paced: drafter?.paced,
    ...(drafter?.prepare === undefined ? {} : { prepare: (request) => drafter.prepare?.(request) }),
    async propose(request) {
      // A hidden state needs the other drafter to run the token.
      if (drafter !== undefined && request.hidden !== undefined) return drafter.propose(request);
      const { limit, shaping } = request;
      const before = shaping?.forced([]).slice(0, limit) ?? [];
      const free = drafter !== undefined && before.length < limit;
      const draft = free ? await drafter.propose(after(before, request)) : { tokens: [] };
      const drawn = draft.tokens.slice(0, limit - before.length);
      const tokens = [...before, ...drawn];
      tokens.push(...(shaping?.forced(tokens).slice(0, limit - tokens.length) ?? []));
      if (tokens.length === drawn.length) return draft;
      const evidence = drafter?.rows === true ? evidenceOf(tokens, before.length, draft, request) : undefined;
      return { tokens, evidence };
    },
    close: () => drafter?.close(),
  };
}

/** The request for what follows these tokens. */
function after(tokens: readonly Token[], request: DraftRequest): DraftRequest {
  if (tokens.length === 0) return request;
  const { context, limit, uniform } = request;
  const shaping = request.shaping as RowShaping;
  return {
    ...request,
    context: [...context, ...tokens],
    limit: limit - tokens.length,
    uniform: uniform.slice(tokens.length),
    shaping: {
      vocabulary: shaping.vocabulary,
      shape: (logits, drafted) => shaping.shape(logits, [...tokens, ...drafted]),
      forced: (drafted) => shaping.forced([...tokens, ...drafted]),
    },
  };
}

/** Rows of the other drafter's tokens, which begin at `first`; those of forced tokens are point masses. */
function evidenceOf(tokens: readonly Token[], first: number, draft: Draft, request: DraftRequest): Draft["evidence"] {
  const { vocabulary } = request.shaping as RowShaping;
  const logits = new Float32Array(tokens.length * vocabulary);
  for (const [at, token] of tokens.entries()) {
    const row = logits.subarray(at * vocabulary, (at + 1) * vocabulary);
    const own = at - first;
    if (draft.evidence !== undefined && own >= 0 && own < draft.tokens.length) row.set(draft.evidence.logits(own));
    else row.fill(Number.NEGATIVE_INFINITY)[token] = 0;
  }
  return logitsEvidence(logits, vocabulary, request.sampling);
}

/**
 * Drafts the next block while the target's answer to this one travels: as if the whole block were accepted, and with
 * the drafter's own next token as the guess of the bonus token. A wrong guess is thrown away.
 */
import { type Draft, type Drafter, type DraftRequest, type Evidence, seeded, type Token } from "@lenity/core";

/** A block that was drafted ahead: its first token is the guess of the bonus token behind `context`. */
interface Ahead {
  readonly context: readonly Token[];
  readonly draft: Promise<Draft | undefined>;
}

/** How often blocks that were drafted ahead could be used. */
export interface Guesses {
  right: number;
  wrong: number;
}

/**
 * The drafter, drafting ahead. Above temperature 0 it draws the block ahead with coins of its own, from a coin of the
 * request that no other token uses: for that it drafts one token fewer than the limit. Requests with processors, a
 * grammar or hidden states are not drafted ahead.
 */
export function eagerDrafter(drafter: Drafter, guesses: Guesses = { right: 0, wrong: 0 }): Drafter {
  let ahead: Ahead | undefined;
  const proposed = async (request: DraftRequest): Promise<Draft> => {
    const { context } = request;
    const last = ahead;
    ahead = undefined;
    if (last === undefined) return drafter.propose(request);
    // The drafter serves one call at a time.
    const draft = await last.draft;
    const bonus = draft?.tokens[0];
    const fits =
      draft !== undefined &&
      draft.tokens.length > 1 &&
      context.length === last.context.length + 1 &&
      context.at(-1) === bonus &&
      last.context.every((token, at) => context[at] === token);
    if (fits) guesses.right++;
    else guesses.wrong++;
    return fits ? withoutFirst(draft, request.limit) : drafter.propose(request);
  };
  // It begins with the first block at once: a target elsewhere runs the prompt together with it.
  const { prepare, ...others } = drafter;
  return {
    ...others,
    async propose(request) {
      const { limit, sampling, shaping, hidden } = request;
      const sampled = sampling.temperature > 0;
      const plain = shaping === undefined && hidden === undefined && !(sampled && limit < 2);
      if (!plain) {
        await ahead?.draft;
        ahead = undefined;
        return drafter.propose(request);
      }
      const most = sampled ? limit - 1 : limit;
      const draft = await proposed({ ...request, limit: most, uniform: request.uniform.slice(0, most) });
      const tokens = draft.tokens.slice(0, most);
      const random = seeded(Math.floor((request.uniform[limit - 1] ?? 0) * 2 ** 53));
      const context = [...request.context, ...tokens];
      const uniform = Array.from({ length: most + 1 }, random);
      // A failure here is none of this round's: the next one drafts again, and meets it if it lasts.
      const next = drafter.propose({ ...request, context, limit: most + 1, uniform }).catch(() => undefined);
      ahead = { context, draft: next };
      return { ...draft, tokens };
    },
    async close() {
      await ahead?.draft;
      await drafter.close();
    },
  };
}

/** The draft behind its first token. */
function withoutFirst({ tokens, evidence }: Draft, limit: number): Draft {
  return { tokens: tokens.slice(1, limit + 1), evidence: evidence === undefined ? undefined : from(evidence, 1) };
}

/** The same evidence, beginning at a later position. */
function from(evidence: Evidence, start: number): Evidence {
  return {
    length: evidence.length - start,
    vocabulary: evidence.vocabulary,
    argmax: (at) => evidence.argmax(at + start),
    logits: (at) => evidence.logits(at + start),
    row: (at, kind) => evidence.row(at + start, kind),
    probability: (at, token, kind) => evidence.probability(at + start, token, kind),
    supports: (at, token) => evidence.supports(at + start, token),
    confidence: (at, kind) => evidence.confidence(at + start, kind),
    entropy: (at, kind) => evidence.entropy(at + start, kind),
    divergence: (at, drafter, measure, kind) => evidence.divergence(at + start, drafter, measure, kind),
  };
}

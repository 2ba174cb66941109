/**
 * The decoding loop (2211.17192, algorithm 1, with the acceptance rule as an argument).
 *
 * Invariant: between rounds each cache holds every committed token but the last. One round runs the last committed token and K drafted ones
 * through the target, keeps the longest accepted prefix, adds a replacement or a bonus token, and rewinds.
 */
import { charged } from "./charges.ts";
import { closing } from "./closing.ts";
import type { Draft, Drafter } from "./drafter.ts";
import { LenityError } from "./error.ts";
import type { Evidence } from "./evidence/evidence.ts";
import { guarded, loops } from "./guard.ts";
import { type Counters, count, noCounts } from "./metrics.ts";
import type { LanguageModel, Token } from "./model.ts";
import { checkDraft, checkDraftTokens, checkFeasible, checkPrompt } from "./preflight.ts";
import { draw, type Random, type Sampling, sampling, seeded } from "./sampling.ts";
import { scoreBlock } from "./score-block.ts";
import { withinSupport } from "./support.ts";
import type { Round, Verdict, Verifier } from "./verifier.ts";
import { sd, strictDraftTokens } from "./verifiers/sd.ts";

export interface DecodeOptions {
  readonly target: LanguageModel;
  /**
   * Proposes tokens; without one, decoding is plain. It belongs to this request, which closes it however it ends: refused before the first token,
   * finished, failed, cancelled, or left at any of its events.
   */
  readonly drafter?: Drafter | undefined;
  /** The acceptance rule. Default: the preset `strict`, which is `sd` and lossless. */
  readonly verifier?: Verifier | undefined;
  /** The longest block to draft, 0 to 1024; 0 is plain decoding. Default: that of the verifier's preset, else 16. */
  readonly draftTokens?: number | undefined;
  readonly sampling?: Partial<Sampling> | undefined;
  /** Same seed, same answer. Default 0. */
  readonly seed?: number | undefined;
  /** The most tokens to emit. Default: what the context holds. */
  readonly maxTokens?: number | undefined;
  /** Asked after each committed token: true ends the answer there. EOS tokens of the target end it in any case. */
  readonly stop?: ((token: Token) => boolean) | undefined;
  /** Adds p, q and KL to each emitted token: costs a softmax where the policy needs none. */
  readonly trace?: boolean | undefined;
  /** Tokens that lossy rules leave to strict verification. Default: the target's EOS tokens. */
  readonly control?: ReadonlySet<Token> | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Whose answer it is: prompts go on only from what the same scope's left in caches. Default: one scope for all that name none. */
  readonly scope?: string | undefined;
}

/** One token of the answer and where it came from. */
export interface EmittedToken {
  readonly token: Token;
  /** draft: accepted; replacement: drawn at a refusal; bonus: drawn after a full block; target: drawn without a draft. */
  readonly source: "draft" | "replacement" | "bonus" | "target";
  /** The verifier that accepted a drafted token. */
  readonly by?: string | undefined;
  /** Accepted where speculative sampling with the same coin would have refused: the price of a lossy rule. */
  readonly relaxed: boolean;
  /** Raw probabilities of the token under target and drafter, and KL(p‖q) of the raw rows, when traced. */
  readonly p?: number | undefined;
  readonly q?: number | undefined;
  readonly kl?: number | undefined;
}

export type DecodeEvent =
  | { readonly type: "round"; readonly tokens: readonly EmittedToken[] }
  | { readonly type: "finish"; readonly reason: "stop" | "length"; readonly counters: Counters };

/** Continues `prompt` (at least one token). Yields the tokens of each round, then one `finish`. */
export function decode(prompt: readonly Token[], options: DecodeOptions): AsyncGenerator<DecodeEvent, void, undefined> {
  return closing(rounds(prompt, options), () => options.drafter?.close());
}

async function* rounds(prompt: readonly Token[], options: DecodeOptions): AsyncGenerator<DecodeEvent, void, undefined> {
  const { target, drafter, signal, scope } = options;
  const verifier = guarded(options.verifier ?? strict);
  const settings = sampling(options.sampling);
  const draftTokens = drafter === undefined ? 0 : checkDraftTokens(options.draftTokens ?? verifier.draftTokens ?? 16);
  checkPrompt(prompt, target);
  checkFeasible(verifier, target, draftTokens > 0 ? drafter : undefined, settings);
  const limit = Math.min(options.maxTokens ?? Number.POSITIVE_INFINITY, target.contextLength - prompt.length);
  if (!(limit >= 0))
    throw new LenityError("invalid_request", `maxTokens is ${options.maxTokens}; expected 0 or more.`, { path: "maxTokens" });

  const random = seeded(options.seed ?? 0);
  const committed = [...prompt];
  const last = () => committed.length - 1;
  const eos = new Set(target.eos);
  const control = options.control ?? eos;
  let counters = noCounts;
  // What the verifiers of this request must know of it, since they hold no state.
  let spent: Round["spent"] = new Map();
  let looping = false;
  let reason: "stop" | "length" | undefined = limit === 0 ? "length" : undefined;

  const session = await target.open({ prompt, scope });
  try {
    await session.rewind(Math.min(session.length, last()));
    counters = { ...counters, cached: session.length };
    if (session.length < last()) await session.append(committed.slice(session.length, -1), { rows: 0, signal });

    while (reason === undefined) {
      if (signal?.aborted === true) throw new LenityError("aborted", "The request was cancelled.", { cause: signal.reason });
      const room = limit - (committed.length - prompt.length);
      const wanted = Math.min(draftTokens, room - 1);
      const draft = wanted > 0 && drafter !== undefined ? await propose(drafter, committed, wanted, settings, random, options) : noDraft;
      checkDraft(draft.tokens, drafter, target);
      const scoring = { target, verifier, sampling: settings, draft, trace: options.trace === true, signal };
      const { target: evidence, drafter: drafted, hidden } = await scoreBlock(session, committed[last()] as Token, scoring);
      looping ||= loops(committed, prompt.length);
      const round: Round = {
        context: committed,
        promptLength: prompt.length,
        draft: draft.tokens,
        target: evidence,
        drafter: drafted,
        hidden,
        spent,
        looping,
        greedy: settings.temperature === 0,
        control,
        uniform: draft.tokens.map(random),
      };
      const verdict = await decide(verifier, round);
      let accepted = 0;
      while (verdict.accept[accepted] === true) accepted++;

      const by = draft.tokens.slice(0, accepted).map((_, at) => verdict.by?.[at] ?? verifier.name);
      const refused = accepted < draft.tokens.length;
      const relaxed = relaxedOf(verifier, round);

      const tokens: EmittedToken[] = [];
      const commit = (token: Token, source: EmittedToken["source"]): boolean => {
        const at = tokens.length;
        committed.push(token);
        tokens.push({
          token,
          source,
          by: source === "draft" ? by[at] : undefined,
          relaxed: source === "draft" && relaxed(at),
          ...(options.trace === true ? traced(token, round, at) : {}),
        });
        return eos.has(token) || options.stop?.(token) === true;
      };
      let ended = false;
      while (!ended && tokens.length < accepted) ended = commit(draft.tokens[tokens.length] as Token, "draft");
      const ignored = accepted - tokens.length;
      let drawn: "replacement" | "bonus" | undefined;
      if (!ended) {
        drawn = refused ? "replacement" : "bonus";
        await evidence.load?.(accepted);
        const row = (refused ? verdict.replacement?.(accepted) : undefined) ?? evidence.row(accepted);
        ended = commit(draw(row, random()), draft.tokens.length === 0 ? "target" : drawn);
      }
      counters = count(counters, { drafted: draft.tokens.length, accepted, refused, tokens, drawn, ignored, by, verdict });
      for (const { charges } of [verdict, ...(verdict.shadows ?? [])]) spent = charged(spent, charges, tokens.length);
      if (ended) reason = "stop";
      else if (committed.length - prompt.length >= limit) reason = "length";
      await session.rewind(last());
      yield { type: "round", tokens };
    }
    yield { type: "finish", reason, counters };
  } finally {
    await session.close();
  }
}

const strict: Verifier = { ...sd(), draftTokens: strictDraftTokens };

const noDraft: Draft = { tokens: [] };

/** The verifier's verdict on the block, within what the request allows. */
async function decide(verifier: Verifier, round: Round): Promise<Verdict> {
  const { draft } = round;
  if (draft.length === 0) return { accept: [] };
  const verdict = await verifier.verify(round);
  if (verdict.accept.length !== draft.length) {
    throw new TypeError(`Verifier "${verifier.name}" decided on ${verdict.accept.length} tokens; expected ${draft.length}.`);
  }
  return withinSupport(verdict, round);
}

async function propose(
  drafter: Drafter,
  context: readonly Token[],
  limit: number,
  settings: Sampling,
  random: Random,
  { signal, scope }: Pick<DecodeOptions, "signal" | "scope">,
): Promise<Draft> {
  const uniform = Array.from({ length: limit }, random);
  const draft = await drafter.propose({ context, limit, sampling: settings, uniform, signal, scope });
  return draft.tokens.length <= limit ? draft : { tokens: draft.tokens.slice(0, limit), evidence: draft.evidence };
}

/** Whether `sd` with the same coins would have refused the drafted token at a position. */
function relaxedOf(verifier: Verifier, round: Round): (at: number) => boolean {
  if (verifier.law === "exact") return () => false;
  const { accept } = strict.verify(round) as Verdict;
  return (at) => accept[at] === false;
}

function traced(token: Token, round: Round, at: number): Pick<EmittedToken, "p" | "q" | "kl"> {
  const q: Evidence | undefined = at < round.draft.length ? round.drafter : undefined;
  return {
    p: round.target.probability(at, token, "raw"),
    q: q?.probability(at, token, "raw"),
    kl: q === undefined ? undefined : round.target.divergence(at, q, "kl", "raw"),
  };
}

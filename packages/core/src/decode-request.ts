import type { DecodeOptions } from "./decode-options.ts";
import type { DraftLength } from "./draft-length/draft-length.ts";
import { longestDraft, requestLength } from "./draft-length/request-length.ts";
import { LenityError } from "./error.ts";
import { guarded } from "./guard.ts";
import { type Counters, noCounts } from "./metrics.ts";
import type { Token } from "./model.ts";
import { type PickToken, pickers } from "./pick-token.ts";
import { checkDraftTokens, checkFeasible, checkGrammar, checkPrompt, checkReach } from "./preflight.ts";
import { requestShaping } from "./request-shaping.ts";
import { type Random, type Sampling, sampling, seeded } from "./sampling.ts";
import type { Shaping } from "./shaping.ts";
import type { Round, Verifier } from "./verifier.ts";
import { sd, strictDraftTokens } from "./verifiers/sd.ts";

/** One request as the loop sees it: its checked settings, and the state of its answer so far. */
export interface Request
  extends Pick<DecodeOptions, "target" | "drafter" | "stop" | "trace" | "logprobs" | "signal" | "scope"> {
  readonly verifier: Verifier;
  readonly draftLength: DraftLength;
  readonly blockExact: boolean;
  readonly sampling: Sampling;
  /** Its processors and grammar, if it has any. */
  readonly shaping: Shaping | undefined;
  readonly seed: number;
  readonly random: Random;
  /** Draws the tokens that the target adds from their rows. */
  readonly pick: PickToken;
  readonly eos: ReadonlySet<Token>;
  readonly control: ReadonlySet<Token>;
  readonly promptLength: number;
  /** How many more tokens the answer may get. */
  readonly remaining: number;
  /** The prompt and the answer so far. */
  readonly committed: Token[];
  counters: Counters;
  /** Request state for verifiers, which keep none themselves: see `Round`. */
  spent: Round["spent"];
  looping: boolean;
  /** That of each accepted token: see overshoot.ts. */
  readonly overshoots: number[];
  /** Why the answer has ended. */
  reason: "stop" | "length" | undefined;
}

/** Throws `aborted` when the signal has fired. */
export function checkCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true)
    throw new LenityError("aborted", "The request was cancelled.", { cause: signal.reason });
}

/** The preset `strict`. */
const strict: Verifier = { ...sd(), draftTokens: strictDraftTokens };

/** Checks everything that can be checked before the first token. Throws the errors of preflight.ts. */
export function beginRequest(prompt: readonly Token[], options: DecodeOptions): Request {
  const { target, drafter, stop, trace, logprobs, signal, scope, maxTokens = Number.POSITIVE_INFINITY } = options;
  const verifier = guarded(options.verifier ?? strict);
  const settings = sampling(options.sampling);
  const shaped = options.grammar !== undefined || (options.processors ?? []).length > 0;
  const draftLength = lengthOf(options, verifier, { greedy: settings.temperature === 0, shaped });
  const drafted = draftLength.longest > 0;
  checkPrompt(prompt, target);
  checkFeasible(verifier, target, drafted ? drafter : undefined, settings);
  checkGrammar(options.grammar, target);
  checkReach(target, {
    ...{ verifier, sampling: settings, drafted, shaped },
    trace: trace === true || logprobs !== undefined,
  });
  const limit = Math.min(maxTokens, target.contextLength - prompt.length);
  if (!(limit >= 0)) {
    throw new LenityError("invalid_request", `maxTokens is ${maxTokens}; expected 0 or more.`, { path: "maxTokens" });
  }
  const committed = [...prompt];
  const { seed = 0 } = options;
  const drawing = verifier.drawing ?? "coins";
  const random = seeded(seed);
  const eos = new Set(target.eos);
  return {
    ...{ target, drafter, stop, trace, logprobs, signal, scope, verifier, draftLength, committed, eos },
    sampling: settings,
    shaping: requestShaping({ ...options, committed, promptLength: prompt.length }),
    ...{ seed, random, pick: pickers[drawing](random, seed) },
    blockExact: drafted || drawing === "noise" || options.blockExact === true,
    control: options.control ?? eos,
    promptLength: prompt.length,
    get remaining() {
      return limit - (committed.length - prompt.length);
    },
    counters: noCounts,
    spent: new Map(),
    looping: false,
    overshoots: [],
    reason: limit === 0 ? "length" : undefined,
  };
}

/** Checks the two settings of the draft length. */
function lengthOf(
  { target, drafter, clock, draftTokens = "auto", maxDraftTokens }: DecodeOptions,
  verifier: Verifier,
  { greedy, shaped }: { readonly greedy: boolean; readonly shaped: boolean },
): DraftLength {
  const auto = draftTokens === "auto";
  const longest = auto
    ? checkDraftTokens(maxDraftTokens ?? longestDraft(verifier), "maxDraftTokens")
    : checkDraftTokens(draftTokens);
  return requestLength({ target, drafter, clock, verifier, longest, auto, greedy, shaped });
}

import {
  type Answer,
  type EmittedToken,
  type Law,
  type Overshoot,
  type Policy,
  type Token,
  type Tokenizer,
  textStream,
} from "@lenity/core";
import type { Job } from "./job.ts";
import { reasoningTokens } from "./reasoning-tokens.ts";

/** How an answer was generated. */
export interface Metrics {
  readonly speculative_decoding: {
    /** Tokens in the answer per target pass; 0 without a pass. */
    readonly mean_acceptance_length: number;
    /** Accepted tokens per drafted token; 0 without a draft. */
    readonly draft_acceptance_rate: number;
    /** [n]: number of passes that accepted n drafted tokens. */
    readonly acceptance_histogram: readonly number[];
    /** Target passes. */
    readonly num_spec_steps: number;
    readonly num_accepted_draft_tokens: number;
    readonly num_draft_tokens: number;
    /** The longest block allowed. */
    readonly num_spec_tokens: number;
    /** Drafted tokens per pass; 0 without a pass. */
    readonly mean_draft_length: number;
    /** [n]: number of passes that drafted n tokens; [0] are those without a draft. */
    readonly draft_length_histogram: readonly number[];
  };
  readonly acceptance: {
    readonly policy: Policy;
    /** What is known about the distribution of the text; "exact" in plain decoding. */
    readonly law: Law;
    /** Accepted tokens by the name of the verifier that accepted them. */
    readonly accepted_by: Readonly<Record<string, number>>;
    /** Accepted tokens that strict verification would have rejected. */
    readonly relaxed: number;
    /** Accepted tokens after the end of the answer, discarded. */
    readonly ignored: number;
    /** Nats of KL(target‖text) that a `ledger` allowed and charged. */
    readonly ledger?: { readonly budget: number; readonly spent: number } | undefined;
    /**
     * For each shadow rule: the tokens it would have accepted in the same rounds, and how many more than were accepted.
     */
    readonly shadow?: Readonly<Record<string, { readonly accepted: number; readonly more: number }>> | undefined;
    /**
     * q(x) − p(x) of the accepted tokens, from −1 to 1: its mean and its 95th percentile. Absent if the policy is
     * lossless or no token was accepted, and at temperature 0 where the rows stay on a device, unless the policy reads
     * raw probabilities.
     */
    readonly overshoot?: Overshoot | undefined;
    /**
     * Verified tokens at which a gate stayed closed because the target gave only bounds of a divergence. Absent if
     * there are none, as with a target that returns rows.
     */
    readonly undecided?: number | undefined;
    /** Whether the answer repeated itself. From there on it is strict, unless the policy is `unguarded`. */
    readonly looping: boolean;
  };
}

/** The settings of an answer: the resolved policy, its verifier's law, and the longest block (0: plain decoding). */
export interface AskedFor {
  readonly policy: Policy;
  readonly law: Law;
  readonly maxDraftTokens: number;
  /** The verifier's budget, if it has a ledger. */
  readonly budget?: number | undefined;
}

/** The `metrics` of an answer. */
export function metricsOf(
  { counters }: Pick<Answer, "counters">,
  { policy, law, maxDraftTokens, budget }: AskedFor,
): Metrics {
  const { rounds, drafted, accepted, emitted, histogram, lengths } = counters;
  const { acceptedBy, relaxed, ignored, spent, shadows, overshoot, undecided, looping } = counters;
  return {
    speculative_decoding: {
      mean_acceptance_length: rounds === 0 ? 0 : emitted / rounds,
      draft_acceptance_rate: drafted === 0 ? 0 : accepted / drafted,
      acceptance_histogram: histogram,
      num_spec_steps: rounds,
      num_accepted_draft_tokens: accepted,
      num_draft_tokens: drafted,
      num_spec_tokens: maxDraftTokens,
      mean_draft_length: rounds === 0 ? 0 : drafted / rounds,
      draft_length_histogram: lengths,
    },
    acceptance: {
      policy,
      law: maxDraftTokens === 0 ? "exact" : law,
      accepted_by: acceptedBy,
      relaxed,
      ignored,
      ledger: budget === undefined ? undefined : { budget, spent },
      shadow: Object.keys(shadows).length === 0 ? undefined : shadows,
      overshoot,
      undecided: undecided === 0 ? undefined : undecided,
      looping,
    },
  };
}

/** OpenAI's `usage`. */
export interface Usage {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly total_tokens: number;
  /** Prompt tokens that were cached by an earlier request. */
  readonly prompt_tokens_details: { readonly cached_tokens: number };
  /** Tokens of reasoning, with its marks. */
  readonly completion_tokens_details: { readonly reasoning_tokens: number };
}

/** The `usage` of an answer. */
export const usageOf = (answer: Pick<Answer, "promptTokens" | "tokens" | "counters">): Usage =>
  totalUsage([answer], [{ prompt: [] }]);

/**
 * The `usage` of a request's answers: the tokens of all answers, and each prompt once, with what was in a cache before
 * its first answer. `asked` has the prompt of each answer.
 */
export function totalUsage(
  answers: readonly Pick<Answer, "promptTokens" | "tokens" | "counters">[],
  asked: readonly (Pick<Job, "prompt"> & Partial<Pick<Job, "reading" | "tokenizer">>)[],
): Usage {
  const firsts = answers.filter((_, at) => at === 0 || asked[at]?.prompt !== asked[at - 1]?.prompt);
  const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);
  const prompt = sum(firsts.map(({ promptTokens }) => promptTokens));
  const completion = sum(answers.map(({ tokens }) => tokens.length));
  const thought = answers.map(({ tokens }, at) => {
    const { reading, tokenizer } = asked[at] ?? {};
    return reading === undefined || tokenizer === undefined ? 0 : reasoningTokens(tokens, reading, tokenizer);
  });
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    prompt_tokens_details: { cached_tokens: sum(firsts.map(({ counters }) => counters.cached)) },
    completion_tokens_details: { reasoning_tokens: sum(thought) },
  };
}

/** One token of a `trace`. */
export interface TraceEntry {
  /** The text that the token completes: empty inside a character and for control tokens. */
  readonly token: string;
  readonly id: Token;
  readonly source: EmittedToken["source"];
  /** The verifier that accepted it. */
  readonly by?: string | undefined;
  /** Accepted where strict verification would have rejected it. */
  readonly relaxed: boolean;
  /** Raw probabilities under target and drafter, and KL(p‖q) of the raw rows (null if infinite). */
  readonly p?: number | undefined;
  readonly q?: number | undefined;
  readonly kl?: number | null | undefined;
}

/**
 * Renders the tokens of an answer as they arrive, or of a text that continues after the tokens `before`. The joined
 * texts are the answer before it is cut at a stop string or inside a character.
 */
export function tracer(
  tokenizer: Tokenizer,
  before?: readonly Token[],
): (tokens: readonly EmittedToken[]) => TraceEntry[] {
  const stream = textStream(tokenizer, before);
  return (tokens) =>
    tokens.map(({ token, source, by, relaxed, p, q, kl }) => ({
      token: stream.push(token),
      id: token,
      source,
      by,
      relaxed,
      p,
      q,
      kl: kl === Number.POSITIVE_INFINITY ? null : kl,
    }));
}

/** The `trace` of a whole answer. */
export function traceOf(
  { tokens }: Pick<Answer, "tokens">,
  tokenizer: Tokenizer,
  before?: readonly Token[],
): TraceEntry[] {
  return tracer(tokenizer, before)(tokens);
}

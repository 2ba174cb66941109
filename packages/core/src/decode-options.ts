import type { Drafter } from "./drafter.ts";
import type { Grammar } from "./grammar.ts";
import type { LogitsProcessor } from "./logits-processor.ts";
import type { Logprobs } from "./logprobs.ts";
import type { LanguageModel, Token } from "./model.ts";
import type { Sampling } from "./sampling.ts";
import type { Verifier } from "./verifier.ts";

export interface DecodeOptions {
  readonly target: LanguageModel;
  /**
   * Proposes tokens; without one, decoding is plain. The request owns it and closes it however it ends: refused before
   * the first token, finished, failed, cancelled, or abandoned by the reader.
   */
  readonly drafter?: Drafter | undefined;
  /** The acceptance rule. Default: the preset `strict`, which is `sd` and lossless. */
  readonly verifier?: Verifier | undefined;
  /**
   * The block length, 0 to 1024, or "auto" (the default), which chooses the length of each round for the most tokens
   * a second. 0 is plain decoding; another number drafts as many in every round. "auto" goes down to 0 where drafts do
   * not pay, and probes now and then whether they do again.
   *
   * Where the text does not depend on the lengths (law `exact`, at temperature 0 or drawn by noise), "auto" measures
   * what rounds cost. Everywhere else it knows only what was accepted in this answer and fixed costs, so that the same
   * seed gives the same text on a busy machine as on an idle one.
   */
  readonly draftTokens?: number | "auto" | undefined;
  /**
   * The longest block that "auto" may choose, 0 to 1024. Default: the number of the verifier's preset, else 16; under a
   * lossless rule at least 16.
   */
  readonly maxDraftTokens?: number | undefined;
  /**
   * Whether plain decoding computes each token as blocks do, so that its text is, to the bit, the one that lossless
   * verification gives. Otherwise the target may run single tokens alone, which is faster: its numbers then differ in
   * the last bits, and more with weights of few bits, so that a near tie may go the other way. Always so for requests
   * that draft, and for rules that draw by noise (`coupled`). Default: false.
   */
  readonly blockExact?: boolean | undefined;
  readonly sampling?: Partial<Sampling> | undefined;
  /**
   * Penalties, biases and bans, applied in this order before the sampling settings: to every row that a token of the
   * answer is tested against or drawn from, and to the drafter's rows if it draws token by token.
   */
  readonly processors?: readonly LogitsProcessor[] | undefined;
  /** What the answer may be, token by token. It may end only where the grammar accepts. Needs a target with EOS. */
  readonly grammar?: Grammar | undefined;
  /** Same seed, same answer. Default 0. */
  readonly seed?: number | undefined;
  /** The most tokens to emit. Default: as many as fit the context. */
  readonly maxTokens?: number | undefined;
  /** Called after each committed token; true ends the answer there. The target's EOS tokens always end it. */
  readonly stop?: ((token: Token) => boolean) | undefined;
  /** Adds p, q and KL to each emitted token. Costs a softmax where the policy needs none. */
  readonly trace?: boolean | undefined;
  /**
   * Adds to each emitted token what this makes of the target's own logits there, before processors, grammar and
   * sampling settings: `topLogprobs(5)` for its log probability and the five most probable tokens. Costs passes over
   * the row.
   */
  readonly logprobs?: ((logits: Float32Array, token: Token) => Logprobs) | undefined;
  /** Tokens that are always verified strictly, even under lossy rules. Default: the target's EOS tokens. */
  readonly control?: ReadonlySet<Token> | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds since any moment, for "auto". Default: `performance.now`. */
  readonly clock?: (() => number) | undefined;
  /**
   * Who the answer is for: a prompt reuses only cache entries of the same scope. Default: requests without a scope
   * share one.
   */
  readonly scope?: string | undefined;
}

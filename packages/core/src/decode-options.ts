import type { Drafter } from "./drafter.ts";
import type { LanguageModel, Token } from "./model.ts";
import type { Sampling } from "./sampling.ts";
import type { Verifier } from "./verifier.ts";

export interface DecodeOptions {
  readonly target: LanguageModel;
  /**
   * Proposes tokens; without one, decoding is plain. It belongs to this request, which closes it however it ends:
   * refused before the first token, finished, failed, cancelled, or left at any of its events.
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
  /**
   * Whose answer it is: prompts go on only from what the same scope's left in caches. Default: one scope for all that
   * name none.
   */
  readonly scope?: string | undefined;
}

/** A labelled token with what the models make of it. */
export interface Example {
  /** The hidden states at the token: the target's, the draft's, or the target's followed by the draft's. */
  readonly state: Float32Array;
  /** Whether a verifier may accept the token. */
  readonly fine: boolean;
  /** Whether the target would choose the same token, so that greedy strict verification accepts it without a judge. */
  readonly same: boolean;
  /** Of the row that tests the token, at temperature 1: KL(target‖draft) in nats. NaN without a draft model. */
  readonly kl: number;
  /** The entropy of the target's row, in nats. */
  readonly entropy: number;
  /** The difference of the target's two highest log-probabilities. */
  readonly margin: number;
  readonly group: string | undefined;
  /** The prompt's number. Examples of a prompt are never split between training and validation. */
  readonly prompt: number;
}

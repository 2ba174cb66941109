/** What is kept of one answer. */
export interface AnswerRecord {
  readonly right: boolean;
  /** Whether it refuses in its first sentence. */
  readonly refused: boolean;
  /** Whether it reached the limit of tokens. */
  readonly truncated: boolean;
  /** Whether it repeated itself at some point (guard.ts of core). */
  readonly looped: boolean;
  /** Tokens in the answer. */
  readonly tokens: number;
  /** Target passes that verified a block. */
  readonly passes: number;
  /** Drafted tokens, those accepted, and those of the latter that strict verification would have rejected. */
  readonly drafted: number;
  readonly accepted: number;
  readonly relaxed: number;
  /** Nats that ledgers charged. */
  readonly spent: number;
  /** q − p of each accepted token, of raw rows, to 2 decimals. */
  readonly overshoot: readonly number[];
}

/** How a row is shaped before a token is drawn, in this order: temperature, top-k, top-p, min-p. */
export interface Sampling {
  /** 0 is greedy: the processed row is one-hot at the argmax. */
  readonly temperature: number;
  /** Keep the k most probable tokens, including ties with the k-th. 0: all. */
  readonly topK: number;
  /** Keep the smallest set of most probable tokens whose mass reaches this. 1: all. */
  readonly topP: number;
  /** Keep tokens with at least this fraction of the highest probability. 0: all. */
  readonly minP: number;
}

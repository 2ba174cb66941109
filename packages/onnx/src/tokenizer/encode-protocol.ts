/** What the thread that encodes long texts is asked, and what it answers. Plain data only: it is cloned. */
export interface EncodeRequest {
  readonly id: number;
  /** The folder of the tokenizer, the same in every request. */
  readonly folder: string;
  /** The texts, one after another, and how many characters each has: one text is cloned sooner than many. */
  readonly text: string;
  readonly lengths: Uint32Array;
  /** The most tokens in all that are of use. */
  readonly most: number;
}

/**
 * The tokens of all texts, one after another, and how many each has; none where they are too many; or why there are
 * none.
 */
export type EncodeReply =
  | {
      readonly id: number;
      readonly tokens?: Uint32Array<ArrayBuffer> | undefined;
      readonly lengths: Uint32Array<ArrayBuffer>;
    }
  | { readonly id: number; readonly error: string };

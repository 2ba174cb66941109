/** Requests to the thread that encodes long texts, and its replies. Plain data only, since it is cloned. */
export interface EncodeRequest {
  readonly id: number;
  /** The folder of the tokenizer, the same in every request. */
  readonly folder: string;
  /** The texts, concatenated, and the number of characters in each: one text is cloned faster than many. */
  readonly text: string;
  readonly lengths: Uint32Array;
  /** The maximum total number of tokens that are of use. */
  readonly most: number;
}

/** The tokens of all texts, concatenated, and how many each has; empty when there are too many; or the error. */
export type EncodeReply =
  | {
      readonly id: number;
      readonly tokens?: Uint32Array<ArrayBuffer> | undefined;
      readonly lengths: Uint32Array<ArrayBuffer>;
    }
  | { readonly id: number; readonly error: string };

/** What the thread that encodes long texts is asked, and what it answers. Plain data only: it is cloned. */
export interface EncodeRequest {
  readonly id: number;
  /** The folder of the tokenizer, the same in every request. */
  readonly folder: string;
  readonly texts: readonly string[];
}

/** The tokens of all texts, one after another, and how many each has; or why there are none. */
export type EncodeReply =
  | { readonly id: number; readonly tokens: Uint32Array<ArrayBuffer>; readonly lengths: Uint32Array<ArrayBuffer> }
  | { readonly id: number; readonly error: string };

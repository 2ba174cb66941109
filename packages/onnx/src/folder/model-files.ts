/** The files of one model, wherever they lie. Their paths are relative, with "/" between names, as in a Hugging Face folder. */
export interface ModelFiles {
  /** The folder: a path, or a URL. Messages tell it. */
  readonly place: string;
  /** What messages call a file. */
  nameOf(path: string): string;
  /** The content of a file; undefined when there is none. Rejects when it is there and cannot be read. */
  read(path: string): Promise<Uint8Array<ArrayBuffer> | undefined>;
}

/**
 * The files of one model, wherever they lie. Their paths are relative, with "/" between names, as in a Hugging Face
 * folder.
 */
export interface ModelFiles {
  /** The folder: a path, or a URL. Messages show it. */
  readonly place: string;
  /** What messages call a file. */
  nameOf(path: string): string;
  /** The content of a file; undefined when there is none. Rejects when it is there and cannot be read. */
  read(path: string): Promise<Uint8Array<ArrayBuffer> | undefined>;
  /**
   * What lies in the folder itself and in its onnx/. Absent where files can only be asked for by name, as over HTTP.
   */
  list?(): Promise<readonly ListedFile[]>;
}

/** What lies at a path: a file, or a folder, which has no size. */
export interface ListedFile {
  readonly path: string;
  readonly bytes: number | undefined;
}

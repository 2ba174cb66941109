/**
 * The files of one model, wherever they are stored. Paths are relative, with "/" between names, as in a Hugging Face
 * folder.
 */
export interface ModelFiles {
  /** The folder: a path or a URL. Shown in messages. */
  readonly place: string;
  /** Name of a file in messages. */
  nameOf(path: string): string;
  /** The content of a file; undefined when it does not exist. Rejects when it exists but cannot be read. */
  read(path: string): Promise<Uint8Array<ArrayBuffer> | undefined>;
  /** Lists the folder itself and its onnx/. Absent where files can only be requested by name, as over HTTP. */
  list?(): Promise<readonly ListedFile[]>;
}

/** An entry of a folder: a file, or a folder, which has no size. */
export interface ListedFile {
  readonly path: string;
  readonly bytes: number | undefined;
}

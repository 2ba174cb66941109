import { LenityError } from "@lenity/core";
import type { ModelFiles } from "../folder/model-files.ts";
import { type ModelFolder, modelFolder } from "../folder/model-folder.ts";

/** How files are fetched. */
export interface FetchOptions {
  /**
   * The folder's files, if known; others are not requested. Without this list, a file is missing if the server answers
   * 404.
   */
  readonly paths?: readonly string[] | undefined;
  /**
   * Called for each piece of a file as it arrives, with the bytes so far and, if the server reports it, the total
   * (uncompressed files only).
   */
  readonly onProgress?: ((path: string, loaded: number, total: number | undefined) => void) | undefined;
  /** Used instead of `fetch`, for example for caching or extra headers. */
  readonly fetch?: ((url: URL) => Promise<Response>) | undefined;
}

/** The files below a URL, read with `fetch`. In pages, strings are relative to the page. */
export function fetchedFiles(folder: string | URL, options: FetchOptions = {}): ModelFiles {
  const { paths, onProgress, fetch: get = (url) => fetch(url) } = options;
  const base = directory(folder);
  const urlOf = (path: string) => new URL(path.split("/").map(encodeURIComponent).join("/"), base);
  return {
    place: base.href,
    nameOf: (path) => urlOf(path).href,
    async read(path) {
      if (paths?.includes(path) === false) return undefined;
      const url = urlOf(path);
      const response = await get(url);
      if (response.status === 404) return undefined;
      if (!response.ok) throw new Error(`${url.href} answers with status ${response.status}.`);
      return bodyOf(response, (loaded, total) => onProgress?.(path, loaded, total));
    },
  };
}

/** A folder: its URL, its files, or the folder already opened. */
export type Folder = string | URL | ModelFiles | ModelFolder;

/** Opens a folder so that several loads share it: its small files are fetched and parsed only once. */
export function openFolder(folder: Folder): ModelFolder {
  if (typeof folder === "string" || folder instanceof URL) return modelFolder(fetchedFiles(folder));
  return "files" in folder ? folder : modelFolder(folder);
}

/** The URL with a slash at its end, so that relative URLs resolve inside the folder. */
function directory(folder: string | URL): URL {
  const here = (globalThis as { readonly location?: { readonly href: string } }).location?.href;
  let url: URL;
  try {
    url = new URL(folder, here);
  } catch (cause) {
    throw new LenityError(
      "model_files",
      `${String(folder)} is not a URL. Expected the URL of a Hugging Face model folder.`,
      { cause },
    );
  }
  if (!url.pathname.endsWith("/")) url.pathname += "/";
  return url;
}

async function bodyOf(
  response: Response,
  onProgress: (loaded: number, total: number | undefined) => void,
): Promise<Uint8Array<ArrayBuffer>> {
  if (response.body === null) return new Uint8Array(await response.arrayBuffer());
  // For a compressed body, content-length counts compressed bytes.
  const declared = response.headers.has("content-encoding") ? null : response.headers.get("content-length");
  const total = declared === null ? undefined : Number(declared);
  let whole = new Uint8Array(total ?? 65536);
  let loaded = 0;
  for (const reader = response.body.getReader(); ; ) {
    const { done, value } = await reader.read();
    if (done) break;
    if (loaded + value.length > whole.length) {
      const larger = new Uint8Array(Math.max(2 * whole.length, loaded + value.length));
      larger.set(whole.subarray(0, loaded));
      whole = larger;
    }
    whole.set(value, loaded);
    loaded += value.length;
    onProgress(loaded, total);
  }
  return loaded === whole.length ? whole : whole.slice(0, loaded);
}

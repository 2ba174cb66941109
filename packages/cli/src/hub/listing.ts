import { LenityError } from "@lenity/core";
import { refusal } from "./refusal.ts";
import { insist, PassingFault, reason, request } from "./request.ts";
import type { Hub } from "./settings.ts";

/** A file in a repository. */
export interface HubFile {
  /** Relative to the repository, with "/". */
  readonly path: string;
  readonly bytes: number;
  /** SHA-256 of a large file, git's SHA-1 of a small one, in hexadecimal. The name of its blob in the cache. */
  readonly hash: string;
}

/** The files of a repository at one commit. */
export interface Listing {
  readonly model: string;
  readonly revision: string;
  /** 40 hexadecimal digits. */
  readonly commit: string;
  readonly files: readonly HubFile[];
}

/** Lists a model's files on the hub. Calls `note` before each further attempt. Rejects with `download`. */
export async function listModel(
  hub: Hub,
  model: string,
  revision: string,
  note: (text: string) => void,
): Promise<Listing> {
  // Importing it takes a tenth of a second, which models in the cache do not need.
  const { listFiles, modelInfo } = await import("@huggingface/hub");
  const ask = async (url: unknown): Promise<Response> => {
    const attempt = async () => {
      const signal = AbortSignal.timeout(hub.patience.silence);
      const response = await request(hub, String(url), { headers: { accept: "application/json" }, signal });
      if (!response.ok) throw refusal(response, hub, model, `the revision ${revision}`);
      const body = await response.text().catch((cause) => {
        throw new PassingFault(reason(cause), { cause });
      });
      const link = response.headers.get("link");
      return new Response(body, { headers: link === null ? {} : { link } });
    };
    const subject = `The list of files of ${model}`;
    return insist(attempt, {
      patience: hub.patience,
      subject,
      retrying: ({ message }) => note(`${subject}: ${message}. Trying again.`),
    });
  };
  const common = { hubUrl: hub.endpoint, fetch: ask as typeof fetch };
  try {
    const { sha: commit } = await modelInfo({ ...common, name: model, revision, additionalFields: ["sha"] });
    if (!/^[0-9a-f]{40}$/.test(commit)) throw new TypeError(`the commit is ${commit}`);
    const files: HubFile[] = [];
    for await (const { type, path, size, oid, lfs } of listFiles({
      ...common,
      repo: model,
      revision: commit,
      recursive: true,
    })) {
      if (type !== "file" || !isInside(path)) continue;
      files.push(
        checked(lfs === undefined ? { path, bytes: size, hash: oid ?? "" } : { path, bytes: lfs.size, hash: lfs.oid }),
      );
    }
    return { model, revision, commit, files };
  } catch (cause) {
    if (cause instanceof LenityError) throw cause;
    throw new LenityError(
      "download",
      `${hub.endpoint} does not answer like the Hugging Face hub: ${(cause as Error).message}. Check HF_ENDPOINT.`,
      {
        cause,
      },
    );
  }
}

/** Whether a path stays in its repository on every file system. */
function isInside(path: string): boolean {
  return path.split("/").every((part) => !/^\.{0,2}$/.test(part) && !/[\\:\0]/.test(part));
}

/** Checks the hash and the size: hashes become file names, and both decide whether a download is complete. */
function checked(file: HubFile): HubFile {
  if (/^([0-9a-f]{40}|[0-9a-f]{64})$/.test(file.hash) && Number.isSafeInteger(file.bytes) && file.bytes >= 0)
    return file;
  throw new TypeError(`${file.path} has the hash ${JSON.stringify(file.hash)} and ${file.bytes} bytes`);
}

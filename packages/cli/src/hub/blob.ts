import { createHash, type Hash } from "node:crypto";
import { createReadStream } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { LenityError } from "@lenity/core";
import { size } from "../size.ts";
import { hasSize } from "./cache.ts";
import { type Claim, claim } from "./claim.ts";
import type { HubFile } from "./listing.ts";
import { refusal } from "./refusal.ts";
import { insist, PassingFault, reason, request } from "./request.ts";
import type { Hub } from "./settings.ts";

/** A file to download, and where to put it. */
export interface BlobOrder {
  readonly model: string;
  readonly commit: string;
  readonly file: HubFile;
  /** Path of the finished file. Its folder must exist. */
  readonly blob: string;
  /** Called with the number of bytes on the disk. */
  progress(bytes: number): void;
  note(text: string): void;
}

/**
 * Downloads a file if it is missing, resumes where an earlier attempt or process stopped, and checks its hash. Rejects
 * with `download`, and with errors of the file system.
 */
export async function fetchBlob(hub: Hub, order: BlobOrder): Promise<void> {
  const { file, blob, note } = order;
  const isDone = () => hasSize(blob, file.bytes);
  const claimed = await claim(blob, isDone, () => note(`Another process is downloading ${file.path}; waiting for it.`));
  if (claimed === undefined) return;
  try {
    await fill(hub, order, claimed);
  } catch (error) {
    if (error instanceof WrongBytes) {
      await claimed.discard();
      throw new LenityError(
        "download",
        `${file.path} of ${order.model} was downloaded with wrong content: ${error.message}. The file was deleted; pull again.`,
      );
    }
    await claimed.release();
    throw error;
  }
  await claimed.finish();
}

/** The downloaded bytes differ from what the hub announced. */
class WrongBytes extends Error {}

async function fill(hub: Hub, order: BlobOrder, { path }: Claim): Promise<void> {
  const { file, model, note } = order;
  const handle = await open(path, "r+");
  try {
    const sink = await sinkOf(handle, path, file, order.progress);
    const attempt = async () => {
      if (sink.position === file.bytes) return;
      await receive(hub, order, sink);
      if (sink.position < file.bytes) throw new PassingFault("the download ended early");
    };
    const retrying = ({ message }: PassingFault) =>
      note(`${file.path}: ${message}. Trying again from ${size(sink.position)}.`);
    await insist(attempt, {
      patience: hub.patience,
      subject: `${file.path} of ${model}`,
      position: () => sink.position,
      retrying,
    });
    const found = sink.hash();
    if (found !== file.hash) throw new WrongBytes(`its hash is ${found}, but the hub announced ${file.hash}`);
    await handle.datasync(); // a blob under its final name must be complete even after a power failure
  } finally {
    await handle.close();
  }
}

/** Sends one request, and reads from the sink's position until the file or the connection ends. */
async function receive(hub: Hub, { model, commit, file }: BlobOrder, sink: Sink): Promise<void> {
  const url = `${hub.endpoint}/${model}/resolve/${commit}/${file.path.split("/").map(encodeURIComponent).join("/")}`;
  const connection = new AbortController();
  let alarm = setTimeout(() => connection.abort(), hub.patience.silence);
  try {
    const from = sink.position;
    const headers = from === 0 ? {} : { range: `bytes=${from}-` };
    const response = await request(hub, url, { headers, signal: connection.signal });
    const continues =
      response.status === 206 && response.headers.get("content-range")?.startsWith(`bytes ${from}-`) === true;
    if (from > 0 && !continues && (response.ok || response.status === 416)) {
      await sink.restart(); // the server does not resume where asked
      if (response.status !== 200) throw new PassingFault(`the server cannot resume from byte ${from}`);
    }
    await checkAnswer(response, hub, model, file);
    const body = response.body?.getReader();
    for (;;) {
      const part = await body?.read().catch((cause) => {
        throw new PassingFault(reason(cause), { cause });
      });
      if (part === undefined || part.done) return;
      if (sink.position + part.value.length > file.bytes)
        throw new WrongBytes(`it has more than the ${file.bytes} bytes that the hub announced`);
      await sink.write(part.value);
      clearTimeout(alarm);
      alarm = setTimeout(() => connection.abort(), hub.patience.silence);
    }
  } finally {
    clearTimeout(alarm);
    connection.abort();
  }
}

/**
 * Throws if the request failed. Refusals by the hub are final. Those by servers that it redirects to are not: their
 * addresses expire, and the next attempt gets a new one.
 */
async function checkAnswer(response: Response, hub: Hub, model: string, file: HubFile): Promise<void> {
  if (response.ok) return;
  await response.body?.cancel();
  const from = new URL(response.url || hub.endpoint);
  if (from.origin !== new URL(hub.endpoint).origin) throw new PassingFault(`${from.host} answered ${response.status}`);
  throw refusal(response, hub, model, file.path);
}

/** The file on the disk, with the hash of its content. */
interface Sink {
  /** Number of bytes written. */
  readonly position: number;
  write(bytes: Uint8Array): Promise<void>;
  /** Empties the file. */
  restart(): Promise<void>;
  hash(): string;
}

/** Keeps the bytes that the file already has, unless they are too many. */
async function sinkOf(
  handle: FileHandle,
  path: string,
  file: HubFile,
  progress: (bytes: number) => void,
): Promise<Sink> {
  const digest = (): Hash =>
    file.hash.length === 64 ? createHash("sha256") : createHash("sha1").update(`blob ${file.bytes}\0`);
  let hash = digest();
  let position = 0;
  const restart = async () => {
    await handle.truncate(0);
    hash = digest();
    position = 0;
  };
  const left = (await handle.stat()).size;
  if (left > file.bytes) await restart();
  else if (left > 0) {
    for await (const bytes of createReadStream(path, { end: left - 1 })) {
      hash.update(bytes);
      position += bytes.length;
    }
  }
  progress(position);
  return {
    get position() {
      return position;
    },
    async write(bytes) {
      for (let done = 0; done < bytes.length; ) {
        done += (await handle.write(bytes, done, bytes.length - done, position + done)).bytesWritten;
      }
      hash.update(bytes);
      position += bytes.length;
      progress(position);
    },
    restart,
    hash: () => hash.digest("hex"),
  };
}

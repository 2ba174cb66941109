/** The main thread's side of the thread that encodes long texts. */
import { clearTimeout, setTimeout } from "node:timers";
import { Worker } from "node:worker_threads";
import { LenityError, type Tokenizer } from "@lenity/core";
import { threadScript } from "../protocol/thread-script.ts";
import type { EncodeReply, EncodeRequest } from "./encode-protocol.ts";

interface Pending {
  resolve(reply: Extract<EncodeReply, { lengths: unknown }>): void;
  reject(error: unknown): void;
}

/** A running thread and its pending requests. */
interface Running {
  readonly worker: Worker;
  readonly pending: Map<number, Pending>;
}

/** Milliseconds without a long text after which the thread, with its copy of the tokenizer, is ended. */
const idle = 60_000;

/**
 * Encodes with a folder's tokenizer, in a thread that is started at the first text. Texts are encoded in order of
 * arrival. When the thread dies, they reject with `worker_lost`, and the next text starts a new thread.
 */
export function encodeThread(
  folder: string,
  script: URL = threadScript("../encode-worker", import.meta.url),
  patience: number = idle,
): NonNullable<Tokenizer["encodeAsync"]> {
  let running: Running | undefined;
  let nextId = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const rest = ({ worker, pending }: Running) => {
    if (pending.size > 0) return;
    // Like an idle model, the thread does not keep the process alive.
    worker.unref();
    timer = setTimeout(() => {
      running = undefined;
      void worker.terminate();
    }, patience);
    timer.unref();
  };
  const start = (): Running => {
    const started: Running = { worker: new Worker(script), pending: new Map() };
    const die = (why: string, cause?: unknown) => {
      if (running === started) running = undefined;
      const message = `The thread that encodes long texts ${why}. Send the request again.`;
      for (const { reject } of started.pending.values()) reject(new LenityError("worker_lost", message, { cause }));
      started.pending.clear();
    };
    started.worker.on("message", (reply: EncodeReply) => {
      const waiting = started.pending.get(reply.id);
      started.pending.delete(reply.id);
      if ("error" in reply) waiting?.reject(new Error(reply.error));
      else waiting?.resolve(reply);
      rest(started);
    });
    started.worker.on("error", (cause) =>
      die(`died: ${cause instanceof Error ? cause.message : String(cause)}`, cause),
    );
    started.worker.on("exit", (code) => die(`ended with code ${code}`));
    return started;
  };

  return async (texts, most = Number.POSITIVE_INFINITY) => {
    clearTimeout(timer);
    const { worker, pending } = (running ??= start());
    const asked = { folder, text: texts.join(""), lengths: Uint32Array.from(texts, ({ length }) => length), most };
    const { tokens, lengths } = await new Promise<Extract<EncodeReply, { lengths: unknown }>>((resolve, reject) => {
      const id = nextId++;
      pending.set(id, { resolve, reject });
      worker.ref();
      worker.postMessage({ id, ...asked } satisfies EncodeRequest);
    });
    if (tokens === undefined) return undefined;
    let end = 0;
    return Array.from(lengths, (length) => Array.from(tokens.subarray(end, (end += length))));
  };
}

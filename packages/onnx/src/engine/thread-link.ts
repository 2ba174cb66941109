/** The main thread's side of a worker: sends requests, receives replies, and handles the death of the thread. */
import { Worker } from "node:worker_threads";
import { LenityError } from "@lenity/core";
import { type Cancellation, cancellable } from "../protocol/cancellation.ts";
import { gpuLock, releaseGpu } from "../protocol/gpu-lock.ts";
import type { WorkerLink } from "../protocol/link.ts";
import type { EndMessage, ErrorMessage, ReplyMessage, Request, RequestMessage } from "../protocol/protocol.ts";
import { replyTimes } from "./reply-times.ts";

interface Pending {
  readonly type: Request["type"];
  /** When it was sent. */
  readonly sent: number;
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/**
 * Starts a thread that runs `script`. `owner` names it in error messages. `onLost` is called when the thread dies
 * unexpectedly, before any request fails. Its result is appended to the requests' errors and tells what happens next.
 */
export function startThread(script: URL, owner: string, onLost: () => string): WorkerLink {
  const worker = new Worker(script);
  const { threadId } = worker;
  const ended = new Promise<void>((resolve) => worker.on("exit", () => resolve()));
  const pending = new Map<number, Pending>();
  let nextId = 0;
  let lost: LenityError | undefined;

  const lose = (message: string, cause?: unknown) => {
    lost = new LenityError("worker_lost", message, { cause });
    for (const { reject } of pending.values()) reject(lost);
    pending.clear();
  };
  const die = (why: string, cause?: unknown) => {
    if (lost === undefined) lose(`The thread of ${owner} ${why}. ${onLost()}`.trimEnd(), cause);
  };
  worker.on("message", ({ id, value, error, times }: ReplyMessage) => {
    const waiting = pending.get(id);
    pending.delete(id);
    if (times !== undefined && waiting !== undefined)
      replyTimes.publish({ ...times, request: waiting.type, roundTrip: performance.now() - waiting.sent });
    // An idle model does not keep the process alive; one that is closing does, until its thread has ended.
    if (pending.size === 0 && lost === undefined) worker.unref();
    if (error === undefined) waiting?.resolve(value);
    else waiting?.reject(revive(error));
  });
  worker.on("error", (cause) => die(`died: ${cause instanceof Error ? cause.message : String(cause)}`, cause));
  worker.on("exit", (code) => {
    // It no longer uses the shared device.
    releaseGpu(gpuLock, threadId);
    die(`ended with code ${code}`);
  });

  const check = () => {
    if (lost !== undefined) throw lost;
  };
  return {
    check,
    request<Reply>(request: Request, cancel?: Cancellation, model = 0): Promise<Reply> {
      return cancellable<Reply>(cancel, (resolve, reject) => {
        check();
        const id = nextId++;
        // A cancelled request stays pending until the worker has replied, since the worker is busy until then.
        const sent = performance.now();
        pending.set(id, { type: request.type, sent, resolve: resolve as (value: unknown) => void, reject });
        worker.ref();
        worker.postMessage({ id, model, request } satisfies RequestMessage, transferredBy(request));
      });
    },
    async close() {
      if (lost === undefined) lose(`The thread of ${owner} was closed.`);
      // Not terminated: stopping a thread inside a call to ONNX Runtime crashes the whole process. It ends between two
      // calls.
      worker.ref();
      worker.postMessage({ end: true } satisfies EndMessage);
      await ended;
    },
  };
}

/** Memory that is transferred to the worker with a request, and back with the reply, instead of being copied. */
function transferredBy(request: Request): ArrayBuffer[] {
  const logits = request.type === "score" ? request.drafterLogits : undefined;
  return logits === undefined || logits.byteLength < logits.buffer.byteLength ? [] : [logits.buffer];
}

function revive(error: ErrorMessage): Error {
  const cause = error.cause === undefined ? undefined : new Error(error.cause);
  if (error.code !== undefined) return new LenityError(error.code, error.message, { ...error.facts, cause });
  return cause === undefined ? new Error(error.message) : new Error(error.message, { cause });
}

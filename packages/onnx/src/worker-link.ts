/** The main thread's end of a worker: requests out, answers in, and what happens when the thread dies. */
import { Worker } from "node:worker_threads";
import { LenityError } from "@lenity/core";
import type { ReplyMessage, Request } from "./protocol.ts";

/** A caller's signal, and the memory in which the worker sees it: messages would wait until its queue is empty. */
export interface Cancellation {
  readonly signal: AbortSignal;
  readonly flag: SharedArrayBuffer;
}

/** A running worker. */
export interface WorkerLink {
  /** Throws `worker_lost` when the thread is gone. */
  check(): void;
  /** Sends a request and waits for its answer. Rejects with `worker_lost` when the thread dies first, and with `aborted` as soon as the signal fires. */
  request<Reply>(request: Request, cancel?: Cancellation): Promise<Reply>;
  /** Ends the thread. Requests under way reject with `worker_lost`. */
  close(): Promise<void>;
}

interface Pending {
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/** Starts a thread that runs `script`. `owner` names the model in error messages. */
export function startWorker(script: URL, owner: string): WorkerLink {
  const worker = new Worker(script);
  const pending = new Map<number, Pending>();
  let nextId = 0;
  let lost: LenityError | undefined;

  const lose = (why: string, cause?: unknown) => {
    lost ??= new LenityError("worker_lost", `The thread of ${owner} ${why}. Load the model again.`, { cause });
    for (const { reject } of pending.values()) reject(lost);
    pending.clear();
  };
  worker.on("message", ({ id, value, error }: ReplyMessage) => {
    const waiting = pending.get(id);
    pending.delete(id);
    // An idle model does not keep the process alive.
    if (pending.size === 0) worker.unref();
    if (error === undefined) waiting?.resolve(value);
    else waiting?.reject(revive(error));
  });
  worker.on("error", (cause) => lose(`died: ${cause instanceof Error ? cause.message : String(cause)}`, cause));
  worker.on("exit", (code) => lose(`ended with code ${code}`));

  const check = () => {
    if (lost !== undefined) throw lost;
  };
  return {
    check,
    request<Reply>(request: Request, cancel?: Cancellation): Promise<Reply> {
      return new Promise<Reply>((resolve, reject) => {
        check();
        const id = nextId++;
        const signal = cancel?.signal;
        const abort = () => {
          if (cancel !== undefined) Atomics.store(new Int32Array(cancel.flag), 0, 1);
          reject(new LenityError("aborted", "The request was cancelled.", { cause: signal?.reason }));
        };
        if (signal?.aborted === true) return abort();
        signal?.addEventListener("abort", abort, { once: true });
        const settle =
          <T>(act: (value: T) => void) =>
          (value: T) => {
            signal?.removeEventListener("abort", abort);
            act(value);
          };
        // A cancelled request stays pending until the worker has answered: until then the worker is busy.
        pending.set(id, { resolve: settle(resolve as (value: unknown) => void), reject: settle(reject) });
        worker.ref();
        worker.postMessage({ id, request });
      });
    },
    async close() {
      lose("was closed");
      await worker.terminate();
    },
  };
}

function revive(error: NonNullable<ReplyMessage["error"]>): Error {
  const cause = error.cause === undefined ? undefined : new Error(error.cause);
  if (error.code !== undefined) return new LenityError(error.code, error.message, { cause });
  return cause === undefined ? new Error(error.message) : new Error(error.message, { cause });
}

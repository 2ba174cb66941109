/** One engine: a worker that holds the model, and its successor when it dies. */
import { clearTimeout, setTimeout } from "node:timers";
import { type EngineState, LenityError } from "@lenity/core";
import type { WorkerLink } from "../protocol/link.ts";
import type { WorkerHandle } from "./worker-handle.ts";

export interface Engine<H extends WorkerHandle = WorkerHandle> {
  readonly state: EngineState;
  /** Takes sessions; undefined while no worker is running. */
  readonly worker: H | undefined;
  /** The first worker, which may be gone: what the model is. */
  readonly first: H;
  /** Resolves once a worker is running. Rejects with `worker_lost` when there will be none. */
  ready(): Promise<void>;
  /** Ends the worker, also one that is being started. */
  close(): Promise<void>;
}

/** Starts a worker. `onLost` is `startThread`'s. `worker` resolves when the model is loaded and tried out. */
export type StartWorker<H extends WorkerHandle> = (onLost: () => string) => {
  readonly link: WorkerLink;
  readonly worker: Promise<H>;
};

/**
 * Milliseconds before each restart in a row. One that fails to load is the last when it has used them up; one that
 * loads and dies before it has answered anyone is followed by another after the longest of them.
 */
const restartDelays = [0, 200, 1000, 5000];

/**
 * Starts an engine that errors call `name`. Rejects when its first worker does not load; later ones are tried again.
 */
export async function startEngine<H extends WorkerHandle>(
  name: string,
  startWorker: StartWorker<H>,
  delays: readonly number[] = restartDelays,
): Promise<Engine<H>> {
  const timer = restartTimer();
  let link: WorkerLink | undefined;
  let worker: H | undefined;
  let restarting: Promise<void> | undefined;
  let restarts = 0;
  let failures = 0;
  let ended: { readonly state: "failed" | "closed"; readonly error: LenityError } | undefined;

  const start = async (): Promise<H> => {
    const started = startWorker(() => {
      if (worker === undefined || worker.link !== started.link) return "";
      if (worker.hasReplied) failures = 0;
      worker = undefined;
      restarting = restart();
      return "It is being started again: send the request once more.";
    });
    link = started.link;
    try {
      const loaded = await started.worker;
      link.check();
      worker = loaded;
      return loaded;
    } catch (error) {
      await link.close();
      throw error;
    }
  };
  const restart = async () => {
    while (ended === undefined) {
      await timer.pause(delays[Math.min(failures, delays.length - 1)] ?? 0);
      // A thread that died of an error may not have ended.
      await link?.close();
      if (ended !== undefined) return;
      failures++;
      try {
        await start();
        restarts++;
        return;
      } catch (cause) {
        const why = `could not be started again, ${failures} times in a row: ${(cause as Error).message}`;
        if (failures >= delays.length) end("failed", `${name} ${why} Fix that and load it again.`, cause);
      }
    }
  };
  const end = (state: "failed" | "closed", message: string, cause?: unknown) => {
    ended ??= { state, error: new LenityError("worker_lost", message, { cause }) };
    worker = undefined;
  };

  const first = await start();
  return {
    first,
    get state(): EngineState {
      const state = ended?.state ?? (worker === undefined ? "restarting" : "ready");
      return { state, sessions: worker?.sessions ?? 0, restarts, keptBytes: worker?.keptBytes ?? 0 };
    },
    get worker() {
      return worker;
    },
    async ready() {
      await timer.whileAwaited(async () => {
        while (worker === undefined && ended === undefined) await restarting;
      });
      if (ended !== undefined) throw ended.error;
    },
    async close() {
      end("closed", `${name} was closed.`);
      timer.wake();
      await Promise.all([link?.close(), restarting]);
    },
  };
}

/** The pauses before restarts. Like an idle model, a restart that nobody waits for does not keep the process alive. */
function restartTimer() {
  let waiting = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let wake = () => {};
  return {
    pause: (milliseconds: number) =>
      new Promise<void>((resolve) => {
        wake = resolve;
        timer = setTimeout(resolve, milliseconds);
        if (waiting === 0) timer.unref();
      }),
    /** Ends the pause. */
    wake() {
      clearTimeout(timer);
      wake();
    },
    /** Keeps the process alive until the task is done. */
    async whileAwaited(task: () => Promise<void>) {
      waiting++;
      timer?.ref();
      try {
        await task();
      } finally {
        waiting--;
      }
    },
  };
}

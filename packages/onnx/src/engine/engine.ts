/** One engine: a worker that runs a model or a pair, and is replaced by a new one when it dies. */
import { clearTimeout, setTimeout } from "node:timers";
import { type EngineState, LenityError } from "@lenity/core";
import type { WorkerLink } from "../protocol/link.ts";
import type { RunningWorker, WorkerHandle } from "./worker-handle.ts";

export interface Engine<H extends RunningWorker = WorkerHandle> {
  readonly state: EngineState;
  /** The running worker; undefined while there is none. */
  readonly worker: H | undefined;
  /** The first worker, which may have died: it describes what runs. */
  readonly first: H;
  /** Resolves once a worker is running. Rejects with `worker_lost` when the engine has failed or is closed. */
  ready(): Promise<void>;
  /** Ends the worker, even one that is starting. */
  close(): Promise<void>;
}

/** Starts a worker. `onLost` is passed to `startThread`. `worker` resolves when the model is loaded and checked. */
export type StartWorker<H extends RunningWorker> = (onLost: () => string) => {
  readonly link: WorkerLink;
  readonly worker: Promise<H>;
};

/**
 * Milliseconds before each consecutive restart. When all are used up and loading fails again, the engine fails for
 * good. A worker that loads but dies before its first reply is restarted again after the longest delay.
 */
const restartDelays = [0, 200, 1000, 5000];

/** Starts an engine, named `name` in errors. Rejects when its first worker fails to load; later workers are retried. */
export async function startEngine<H extends RunningWorker>(
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
      return "It is being restarted: send the request again.";
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
      // A thread that died from an error may still be running.
      await link?.close();
      if (ended !== undefined) return;
      failures++;
      try {
        await start();
        restarts++;
        return;
      } catch (cause) {
        const why = `failed to restart ${failures} times in a row: ${(cause as Error).message}`;
        if (failures >= delays.length) end("failed", `${name} ${why} Fix that and load the model again.`, cause);
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

/**
 * The pauses before restarts. Like an idle model, a restart that no request waits for does not keep the process alive.
 */
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

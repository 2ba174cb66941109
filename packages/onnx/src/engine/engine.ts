/** One engine: a worker that holds the model, and its successor when it dies. */
import { clearTimeout, setTimeout } from "node:timers";
import { type EngineState, LenityError } from "@lenity/core";
import type { WorkerLink } from "../protocol/link.ts";
import type { Host } from "./worker-handle.ts";

export interface Engine<H extends Host = Host> {
  readonly state: EngineState;
  /** Takes sessions; undefined while no worker is running. */
  readonly host: H | undefined;
  /** The first host, which may be gone: what the model is. */
  readonly first: H;
  /** Resolves once there is a host. Rejects with `worker_lost` when there will be none. */
  ready(): Promise<void>;
  /** Ends the worker, also one that is being started. */
  close(): Promise<void>;
}

/** Starts a worker. `onLost` is `startWorker`'s. The host is there when the model is loaded and tried out. */
export type StartHost<H extends Host> = (onLost: () => string) => { readonly link: WorkerLink; readonly host: Promise<H> };

/**
 * Milliseconds before each restart in a row. One that fails to load is the last when it has used them up; one that loads and dies before it
 * has answered anyone is followed by another after the longest of them.
 */
const restartDelays = [0, 200, 1000, 5000];

/** Starts an engine that `name` calls so in errors. Rejects when its first worker does not load; later ones are tried again. */
export async function startEngine<H extends Host>(
  name: string,
  startHost: StartHost<H>,
  delays: readonly number[] = restartDelays,
): Promise<Engine<H>> {
  let link: WorkerLink | undefined;
  let host: H | undefined;
  let restarting: Promise<void> | undefined;
  let restarts = 0;
  let failures = 0;
  let ended: { readonly state: "failed" | "closed"; readonly error: LenityError } | undefined;
  let waiting = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let wake = () => {};

  const start = async (): Promise<H> => {
    const started = startHost(() => {
      if (host === undefined || host.link !== started.link) return "";
      if (host.answered) failures = 0;
      host = undefined;
      restarting = restart();
      return "It is being started again: send the request once more.";
    });
    link = started.link;
    try {
      const loaded = await started.host;
      link.check();
      host = loaded;
      return loaded;
    } catch (error) {
      await link.close();
      throw error;
    }
  };
  const restart = async () => {
    while (ended === undefined) {
      await pause(delays[Math.min(failures, delays.length - 1)] ?? 0);
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
        if (failures >= delays.length) end("failed", `${name} ${why} Load it anew when that is mended.`, cause);
      }
    }
  };
  const pause = (milliseconds: number) =>
    new Promise<void>((resolve) => {
      wake = resolve;
      timer = setTimeout(resolve, milliseconds);
      // Like an idle model, one that nobody waits for does not keep the process alive.
      if (waiting === 0) timer.unref();
    });
  const end = (state: "failed" | "closed", message: string, cause?: unknown) => {
    ended ??= { state, error: new LenityError("worker_lost", message, { cause }) };
    host = undefined;
  };

  const first = await start();
  return {
    first,
    get state(): EngineState {
      const state = ended?.state ?? (host === undefined ? "restarting" : "ready");
      return { state, sessions: host?.sessions ?? 0, restarts, keptBytes: host?.keptBytes ?? 0 };
    },
    get host() {
      return host;
    },
    async ready() {
      waiting++;
      timer?.ref();
      try {
        while (host === undefined && ended === undefined) await restarting;
      } finally {
        waiting--;
      }
      if (ended !== undefined) throw ended.error;
    },
    async close() {
      end("closed", `${name} was closed.`);
      clearTimeout(timer);
      wake();
      await Promise.all([link?.close(), restarting]);
    },
  };
}

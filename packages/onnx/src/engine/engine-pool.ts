/** Uses the engines of a model as one. */
import type { Session, Token } from "@lenity/core";
import { type Engine, type StartWorker, startEngine } from "./engine.ts";
import { ownSession } from "./own-session.ts";
import { pickEngine } from "./pick-engine.ts";
import type { OnnxSession } from "./session.ts";
import type { RunningWorker } from "./worker-handle.ts";

/**
 * Starts `count` engines in parallel, named `name` plus their numbers. If any fails, rejects with the first error and
 * leaves nothing running.
 */
export async function startEngines<H extends RunningWorker>(
  count: number,
  name: string,
  startWorker: (name: string, ...rest: Parameters<StartWorker<H>>) => ReturnType<StartWorker<H>>,
): Promise<readonly Engine<H>[]> {
  const names = Array.from({ length: count }, (_, index) =>
    count === 1 ? name : `${name} (engine ${index + 1} of ${count})`,
  );
  const started = await Promise.allSettled(
    names.map((name) => startEngine(name, (onLost) => startWorker(name, onLost))),
  );
  const engines = started.flatMap((result) => (result.status === "fulfilled" ? result.value : []));
  const failed = started.find(({ status }) => status === "rejected");
  if (failed === undefined) return engines;
  await closeAll(engines);
  throw (failed as PromiseRejectedResult).reason;
}

/**
 * Opens a session on the engine that suits the prompt best, or on that of the session `beside`, if it runs this model
 * too. Waits for a restart when no engine is running; rejects with
 * `worker_lost` when none will be restarted.
 */
export async function openOnPool(
  engines: readonly Engine[],
  prompt: readonly Token[],
  scope?: string,
  blockExact?: boolean,
  beside?: Session,
): Promise<OnnxSession> {
  const near = ownSession(beside)?.options.link;
  for (;;) {
    const workers = engines.flatMap(({ worker }) => worker ?? []);
    const worker =
      workers.find(({ link }) => link === near) ??
      workers[pickEngine(workers.map(({ sessions, cached }) => ({ sessions, cached: cached(prompt, scope) })))];
    if (worker === undefined) await anyReady(engines);
    else {
      const session = await worker.open(prompt, scope, blockExact).catch((error) => {
        if (engines.some((engine) => engine.worker === worker)) throw error;
        // The worker died before the session used it: try another one.
      });
      if (session !== undefined) return session;
    }
  }
}

async function anyReady(engines: readonly Engine[]): Promise<void> {
  await Promise.any(engines.map((engine) => engine.ready())).catch(({ errors }: AggregateError) => {
    throw errors[0];
  });
}

/** Closes all engines, whatever they are doing. */
export async function closeAll(engines: readonly Pick<Engine, "close">[]): Promise<void> {
  await Promise.all(engines.map((engine) => engine.close()));
}

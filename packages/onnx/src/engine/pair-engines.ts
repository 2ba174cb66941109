/** Engines of a pair: each worker has both models, so that a round of both is one message, in one thread. */
import type { EngineState } from "@lenity/core";
import type { WorkerLink } from "../protocol/link.ts";
import type { Engine } from "./engine.ts";
import { startEngines } from "./engine-pool.ts";
import type { PreparedModel } from "./prepare-model.ts";
import { turns } from "./turns.ts";
import type { LoadedWorker, RunningWorker } from "./worker-handle.ts";

/** A worker with both models. */
interface PairWorker extends RunningWorker {
  readonly target: LoadedWorker;
  readonly draft: LoadedWorker;
}

/** The engines of each model, which are the same threads. */
export interface PairEngines {
  readonly target: readonly Engine<LoadedWorker>[];
  readonly draft: readonly Engine<LoadedWorker>[];
}

/** Starts as many engines as the models are prepared for. If any fails, rejects and leaves nothing running. */
export async function startPair(
  target: PreparedModel,
  draft: PreparedModel,
  start: (owner: string, onLost: () => string) => WorkerLink,
): Promise<PairEngines> {
  const load = async (link: WorkerLink): Promise<PairWorker> => {
    const line = turns();
    // One after the other, as the thread would do it.
    const first = await target.load(link, { number: 0, line });
    return pairWorker(first, await draft.load(link, { number: 1, line }));
  };
  const name = `${target.described.name} and ${draft.described.name}`;
  const engines = await startEngines(target.count, name, (owner, onLost) => {
    const link = start(owner, onLost);
    return { link, worker: load(link) };
  });
  return {
    target: engines.map((engine) => engineOf(engine, (worker) => worker.target)),
    draft: engines.map((engine) => engineOf(engine, (worker) => worker.draft)),
  };
}

function pairWorker(target: LoadedWorker, draft: LoadedWorker): PairWorker {
  return {
    target,
    draft,
    link: target.link,
    get sessions() {
      return target.sessions + draft.sessions;
    },
    get keptBytes() {
      return target.keptBytes + draft.keptBytes;
    },
    get hasReplied() {
      return target.hasReplied || draft.hasReplied;
    },
  };
}

/** The engine as one of its models sees it. */
function engineOf(engine: Engine<PairWorker>, pick: (worker: PairWorker) => LoadedWorker): Engine<LoadedWorker> {
  return {
    first: pick(engine.first),
    get worker() {
      return engine.worker && pick(engine.worker);
    },
    get state(): EngineState {
      const { sessions = 0, keptBytes = 0 } = this.worker ?? {};
      return { ...engine.state, sessions, keptBytes };
    },
    ready: () => engine.ready(),
    close: () => engine.close(),
  };
}

import { LenityError } from "@lenity/core";
import type { InferenceSession, Tensor } from "onnxruntime-node";
import type { Runtime } from "../graph/graph.ts";
import { firstLine } from "../onnx-file/first-line.ts";
import { yieldToEventLoop } from "./yield-to-event-loop.ts";

/** ONNX Runtime for one model, which can release all of the model's sessions. */
export interface OwnRuntime extends Runtime {
  /** Frees the memory of all open sessions, and of the tensors that their runs left on a device. */
  release(): Promise<void>;
}

/** The last pending task of each ONNX Runtime module. */
const queues = new WeakMap<Runtime["env"], Promise<unknown>>();

/**
 * The runtime for one model. All models of a page take turns to open sessions and to run: while a run waits for a GPU,
 * its stack stays in WebAssembly's single memory, and a second run would overwrite it ("memory access out of bounds").
 */
export function ownRuntime({ InferenceSession, Tensor, env }: Runtime): OwnRuntime {
  const sessions = new Set<InferenceSession>();
  const alone = <Value>(job: () => Promise<Value>): Promise<Value> => {
    const result = (queues.get(env) ?? Promise.resolve()).then(job);
    const settled = result.catch(() => {});
    queues.set(env, settled);
    return result;
  };
  const create = async (file: Uint8Array, options: InferenceSession.SessionOptions): Promise<InferenceSession> => {
    const session = await alone(() => InferenceSession.create(file, { ...options, ...quiet }));
    sessions.add(session);
    const onDevice = new Set<Tensor>();
    let failure: unknown;
    const run = session.run.bind(session) as (...args: readonly unknown[]) => Promise<InferenceSession.ReturnType>;
    const release = session.release.bind(session);
    session.run = (feeds: unknown, fetches: unknown) =>
      alone(async () => {
        if (failure !== undefined) throw lost(failure);
        await yieldToEventLoop();
        const results = await run(feeds, fetches, quiet).catch((error) => {
          // When a run fails, its inputs stay bound to a session that has outputs on a device, and the next run would
          // use them again.
          if (options.preferredOutputLocation !== undefined) failure = error;
          throw error;
        });
        for (const tensor of onDevice) if (tensor.location === "none") onDevice.delete(tensor);
        for (const tensor of Object.values(results)) if (tensor.location === "gpu-buffer") onDevice.add(tensor);
        return results;
      });
    session.release = () =>
      alone(async () => {
        if (!sessions.delete(session)) return;
        for (const tensor of onDevice) if (tensor.location !== "none") tensor.dispose();
        await release();
      });
    return session;
  };
  return {
    InferenceSession: Object.assign(Object.create(InferenceSession) as Runtime["InferenceSession"], { create }),
    Tensor,
    env,
    async release() {
      for (const session of sessions) await session.release();
    },
  };
}

function lost(failure: unknown): LenityError {
  const message = `An earlier run of the model on WebGPU failed (${firstLine(failure)}), and ONNX Runtime cannot run it again. Load the model again.`;
  return new LenityError("worker_lost", message, { cause: failure });
}

/** Errors are thrown, so the runtime need not print them too. */
const quiet = { logSeverityLevel: 4 } as const;

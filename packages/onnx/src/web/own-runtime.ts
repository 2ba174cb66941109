import type { InferenceSession, Tensor } from "onnxruntime-node";
import type { Runtime } from "../graph.ts";
import { turn } from "./turn.ts";

/** ONNX Runtime for one model, and an end to all that the model has of it. */
export interface OwnRuntime extends Runtime {
  /** Gives back the memory of every session that is open, and of the tensors that their runs left on a device. */
  release(): Promise<void>;
}

/** The last that each module of ONNX Runtime was asked for. */
const queues = new WeakMap<Runtime["env"], Promise<unknown>>();

/**
 * The runtime as one model uses it. What waits for a GPU leaves its stack in WebAssembly's only memory, so that a second run at the same time
 * would take it for its own: all models of a page open their sessions and run in turn.
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
    const left = new Set<Tensor>();
    const run = session.run.bind(session) as (...args: readonly unknown[]) => Promise<InferenceSession.ReturnType>;
    const release = session.release.bind(session);
    session.run = (feeds: unknown, fetches: unknown) =>
      alone(async () => {
        await turn();
        const results = await run(feeds, fetches, quiet);
        for (const tensor of left) if (tensor.location === "none") left.delete(tensor);
        for (const tensor of Object.values(results)) if (tensor.location === "gpu-buffer") left.add(tensor);
        return results;
      });
    session.release = () =>
      alone(async () => {
        if (!sessions.delete(session)) return;
        for (const tensor of left) if (tensor.location !== "none") tensor.dispose();
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

/** What fails is thrown; the runtime need not print it as well. */
const quiet = { logSeverityLevel: 4 } as const;

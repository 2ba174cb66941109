import type { InferenceSession, Tensor } from "onnxruntime-node";
import type { Runtime } from "../graph/graph.ts";

/** ONNX Runtime for one thread, which can release all of the thread's sessions. */
export interface OwnSessions<Kind extends Runtime> {
  /** Keeps track of every session it opens until the session is released. */
  readonly runtime: Kind;
  /**
   * Releases the sessions that are still open, and before them the tensors that their runs left on a device. Does not
   * wait, since a thread that is ending cannot.
   */
  release(): void;
}

/**
 * Node and Bun free a thread's sessions when it ends; Deno does not. So each thread releases its own sessions,
 * including those whose files were refused.
 */
export function ownSessions<Kind extends Runtime>(runtime: Kind): OwnSessions<Kind> {
  const open = new Map<InferenceSession, Set<Tensor>>();
  const create = async (file: Uint8Array, options: InferenceSession.SessionOptions = {}): Promise<InferenceSession> => {
    const session = await runtime.InferenceSession.create(file, options);
    const onDevice = new Set<Tensor>();
    open.set(session, onDevice);
    const release = session.release.bind(session);
    session.release = async () => {
      if (!open.delete(session)) return;
      for (const tensor of onDevice) if (tensor.location !== "none") tensor.dispose();
      await release();
    };
    if (options.preferredOutputLocation !== undefined) rememberTensors(session, onDevice);
    return session;
  };
  const InferenceSession = Object.assign(Object.create(runtime.InferenceSession) as Runtime["InferenceSession"], {
    create,
  });
  return {
    runtime: { ...runtime, InferenceSession },
    release() {
      // A failure must not keep the others open.
      for (const session of [...open.keys()]) session.release().catch(() => {});
    },
  };
}

/** Keeps the tensors that the session's runs leave on a device in `onDevice` until they are disposed of. */
function rememberTensors(session: InferenceSession, onDevice: Set<Tensor>): void {
  const run = session.run.bind(session) as (...args: readonly unknown[]) => Promise<InferenceSession.ReturnType>;
  session.run = async (...args: readonly unknown[]) => {
    const results = await run(...args);
    for (const tensor of onDevice) if (tensor.location === "none") onDevice.delete(tensor);
    for (const tensor of Object.values(results)) if (tensor.location === "gpu-buffer") onDevice.add(tensor);
    return results;
  };
}

import type { InferenceSession } from "onnxruntime-node";
import type { RunTime } from "../protocol/protocol.ts";

/** Times the runs of the sessions in one thread. */
export interface RunTimes {
  /** Times all runs of a session of this model from now on. */
  add(session: InferenceSession, model: string): void;
  /** The runs since the last call. */
  take(): readonly RunTime[];
}

export function runTimes(): RunTimes {
  let runs: RunTime[] = [];
  return {
    add(session, model) {
      const run = session.run.bind(session) as (...args: readonly unknown[]) => Promise<InferenceSession.ReturnType>;
      session.run = async (...args: readonly unknown[]) => {
        const began = performance.now();
        try {
          return await run(...args);
        } finally {
          runs.push({ model, milliseconds: performance.now() - began });
        }
      };
    },
    take() {
      const taken = runs;
      runs = [];
      return taken;
    },
  };
}

/**
 * A worker of a model that writes the inputs of every run into the folder of `LENITY_CAPTURE`, and otherwise is the
 * worker at the URL in `LENITY_WORKER`.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { serialize } from "node:v8";
import { threadId } from "node:worker_threads";
import runtime, { type InferenceSession, type Tensor } from "onnxruntime-node";
import type { CapturedRun } from "./captured-run.ts";

const { LENITY_CAPTURE: folder = "", LENITY_WORKER: worker = "" } = process.env;
const sessions = runtime.InferenceSession;
/** Called with the same arguments as the original, whichever of its forms was meant. */
type Run = (...args: readonly unknown[]) => Promise<InferenceSession.ReturnType>;

const create = sessions.create.bind(sessions) as (...args: readonly unknown[]) => Promise<InferenceSession>;
sessions.create = async (...args: readonly unknown[]): Promise<InferenceSession> => {
  const session = await create(...args);
  const [file, options] = args as [unknown, InferenceSession.SessionOptions];
  // Graphs in memory are the small ones that a load tries.
  if (typeof file !== "string") return session;
  const run = session.run.bind(session) as Run;
  session.run = (...args: readonly unknown[]) => {
    const [feeds, fetches = {}] = args as [Readonly<Record<string, Tensor>>, object | undefined];
    save({
      ...{ file, options, outputs: Object.keys(fetches) },
      feeds: Object.entries(feeds).map(([name, { type, dims, data }]) => ({ name, type, dims, data })),
    });
    return run(...args);
  };
  return session;
};

/** Names sort by time, whatever the thread. */
function save(captured: CapturedRun): void {
  const time = Math.round(1000 * (performance.timeOrigin + performance.now()));
  writeFileSync(join(folder, `${time}-${threadId}.run`), serialize(captured));
}

await import(worker);

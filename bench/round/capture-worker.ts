/**
 * A worker of a model that writes the inputs of every run into the folder of `LENITY_CAPTURE`, and otherwise is the
 * worker at the URL in `LENITY_WORKER`.
 */
import { realpathSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
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
  const [given, options] = args as [string | Uint8Array, InferenceSession.SessionOptions];
  const place = typeof given === "string" ? dirname(given) : weightsOf(options);
  // Graphs without weights elsewhere are the small ones that a load tries.
  if (place === undefined) return session;
  const graph = typeof given === "string" ? given : write("graph", given);
  const run = session.run.bind(session) as Run;
  session.run = (...args: readonly unknown[]) => {
    const [feeds, fetches = {}] = args as [Readonly<Record<string, Tensor>>, object | undefined];
    save({
      ...{ graph, folder: realpathSync(place), options, outputs: Object.keys(fetches) },
      feeds: Object.entries(feeds).map(([name, { type, dims, data }]) => ({ name, type, dims, data })),
    });
    return run(...args);
  };
  return session;
};

const save = (captured: CapturedRun) => write("run", serialize(captured));

/** Writes a file, and returns its name. Names sort by time, whatever the thread. */
function write(kind: "graph" | "run", bytes: Uint8Array): string {
  const time = Math.round(1000 * (performance.timeOrigin + performance.now()));
  const name = `${time}-${threadId}.${kind}`;
  writeFileSync(join(folder, name), bytes);
  return name;
}

/** The folder of the weights that a graph in memory refers to. */
function weightsOf({ extra = {} }: InferenceSession.SessionOptions): string | undefined {
  const { session = {} } = extra as { readonly session?: Readonly<Record<string, string>> };
  return session["model_external_initializers_file_folder_path"];
}

await import(worker);

/** The runs of a round alone: the same graphs and inputs through onnxruntime-node, in one thread. */
import { realpath } from "node:fs/promises";
import runtime, { type InferenceSession } from "onnxruntime-node";
import type { CapturedRounds } from "./capture.ts";
import type { CapturedRun } from "./captured-run.ts";

/** Milliseconds of a round, each time that the runs were repeated. */
export interface BareRuns {
  /** All runs of the draft model's files one after another, and all of the target's. */
  readonly draft: readonly number[];
  readonly target: readonly number[];
  /** The runs of both in the order of the rounds. */
  readonly alternating: readonly number[];
}

type Run = () => Promise<unknown>;

/** Repeats the captured runs. Those of the target's folder are the target's, others the draft model's. */
export async function bareRuns(
  { rounds, graphs, runs }: CapturedRounds,
  targetFolder: string,
  repeats: number,
): Promise<BareRuns> {
  const sessions = new Map<string, InferenceSession>();
  const place = await realpath(targetFolder);
  try {
    const all: { readonly ofTarget: boolean; readonly run: Run }[] = [];
    for (const captured of runs) {
      const { graph, folder, options } = captured;
      const session = sessions.get(graph) ?? (await open(graphs.get(graph) ?? graph, options));
      sessions.set(graph, session);
      all.push({ ofTarget: folder.startsWith(place), run: runOf(session, captured) });
    }
    const of = (target: boolean) => all.filter(({ ofTarget }) => ofTarget === target).map(({ run }) => run);
    const orders = { draft: of(false), target: of(true), alternating: all.map(({ run }) => run) };
    const times = { draft: [] as number[], target: [] as number[], alternating: [] as number[] };
    // The first time does not count.
    for (let i = -1; i < repeats; i++) {
      for (const [name, order] of Object.entries(orders)) {
        const milliseconds = await timed(order);
        if (i >= 0) times[name as keyof BareRuns].push(milliseconds / rounds);
      }
    }
    return times;
  } finally {
    for (const session of sessions.values()) await session.release();
  }
}

const open = (graph: string | Uint8Array, options: InferenceSession.SessionOptions): Promise<InferenceSession> =>
  typeof graph === "string"
    ? runtime.InferenceSession.create(graph, options)
    : runtime.InferenceSession.create(graph, options);

function runOf(session: InferenceSession, { feeds, outputs }: CapturedRun): Run {
  const tensors = feeds.map(({ name, type, dims, data }) => {
    const tensor = new runtime.Tensor(type as "float32", data as Float32Array, dims);
    return [name, tensor] as const;
  });
  const given = Object.fromEntries(tensors);
  return () => session.run(given, outputs);
}

async function timed(runs: readonly Run[]): Promise<number> {
  if (runs.length === 0) return 0;
  const began = performance.now();
  for (const run of runs) await run();
  return performance.now() - began;
}

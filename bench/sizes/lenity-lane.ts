import { loadModel } from "@lenity/onnx";
import type { SizeFile } from "./exported-files.ts";
import { type SizesLane, timeRuns } from "./lane.ts";
import type { Timer } from "./timer.ts";

/** A file in lenity, in this process. Single tokens run as in plain decoding. */
export async function lenityLane(
  folder: string,
  shape: string,
  { file, kind, bytes }: SizeFile,
  threads: number,
  time: Timer,
): Promise<SizesLane> {
  const memory = process.memoryUsage().rss;
  const { value: model, milliseconds: load } = await time(() => loadModel(folder, { file, threads }));
  const row = {
    ...{ shape, program: "lenity" as const, kind, family: model.graph.family, bytes, load },
    memory: process.memoryUsage().rss - memory,
    blockDifference: model.check.blockDifference,
    cells: [],
  };
  const session = await model.open({ blockExact: false });
  // Up to the first row of a session, no token runs alone.
  await session.append([1, 1], { rows: 1 });
  await session.rewind(0);
  const engine = {
    async fill(tokens: readonly number[]) {
      if (session.length > tokens.length) await session.rewind(tokens.length);
      if (session.length < tokens.length) await session.append(tokens.slice(session.length), { rows: 0 });
    },
    async step(tokens: readonly number[], logits: boolean) {
      await session.append(tokens, logits ? {} : { rows: 0 });
    },
  };
  return { row, run: (runs) => timeRuns(engine, runs, time), close: () => model.close() };
}

import { type Device, loadModel } from "@lenity/onnx";
import type { SizeFile } from "./exported-files.ts";
import { type SizesLane, timeRuns } from "./lane.ts";
import type { Timer } from "./timer.ts";

/** How a file runs, and by which clock. */
interface LenityLaneOptions {
  readonly threads: number;
  readonly device: Device;
  readonly time: Timer;
}

/** A file in lenity, in this process. Single tokens run as in plain decoding. */
export async function lenityLane(
  folder: string,
  shape: string,
  { file, kind, bytes }: SizeFile,
  { threads, device, time }: LenityLaneOptions,
): Promise<SizesLane> {
  const memory = process.memoryUsage().rss;
  const { value: model, milliseconds: load } = await time(() => loadModel(folder, { file, threads, device }));
  const row = {
    ...{ shape, program: "lenity" as const, kind, family: model.graph.family, bytes, load },
    memory: process.memoryUsage().rss - memory,
    blockDifference: model.check.blockDifference,
    device: device === "cpu" ? undefined : model.device,
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
    /**
     * On a device, runs end later than they return, unless something is read: of a prompt one row, of a block the best
     * tokens, which is all that greedy rounds read.
     */
    async step(tokens: readonly number[], logits: boolean) {
      if (session.score === undefined) await session.append(tokens, logits ? {} : { rows: 0 });
      else if (logits) await session.score(tokens, { readings: new Set(["argmax"]), temperature: 1 });
      else await session.append(tokens, { rows: 1 });
    },
  };
  return { row, run: (runs) => timeRuns(engine, runs, time), close: () => model.close() };
}

/**
 * The cost of steps, blocks and prompts at realistic sizes: models with random weights of published shapes, each
 * exported in several ways. The ways take turns every few steps, so that the ratios are valid on a noisy machine.
 */
import { availableParallelism, cpus } from "node:os";
import type { Session } from "@lenity/core";
import { type AttentionForm, type Device, defaultThreads, loadModel, type OnnxModel } from "@lenity/onnx";
import { type Shape, tokensOf } from "@lenity/onnx/testing";
import { exportedFiles, type SizeFile, type SizeKind, sizeKinds } from "./sizes/exported-files.ts";
import { writeRandomFolder } from "./sizes/random-folder.ts";
import type { SizesCell, SizesReport, SizesRow } from "./sizes/report.ts";
import { type Clock, quartiles, type Timer, timer } from "./sizes/timer.ts";

export { deviceKinds, type SizeKind, sizeKinds } from "./sizes/exported-files.ts";
export type { SizesCell, SizesReport, SizesRow } from "./sizes/report.ts";
export { type ShapeName, shapeNames, shapes } from "./sizes/shapes.ts";
export { sizesTable } from "./sizes/sizes-table.ts";
export { type Clock, clocks } from "./sizes/timer.ts";

export interface SizesOptions {
  /** Where the models are written, or already are. They take up to four times the bytes of the weights in float16. */
  readonly folder: string;
  readonly shapes: Readonly<Record<string, Shape>>;
  /** Default: all. */
  readonly kinds?: readonly SizeKind[] | undefined;
  /** Default: what the export chooses for the context length of the shape. */
  readonly attention?: AttentionForm | undefined;
  /** Tokens in the sequence after a step. Default 256, 1024 and 4096. */
  readonly contexts?: readonly number[] | undefined;
  /** Tokens per step. Default 1, 4, 8, 16 and 25. */
  readonly blocks?: readonly number[] | undefined;
  /** Tokens of the prompt. Default 256. */
  readonly prompt?: number | undefined;
  readonly threads?: number | undefined;
  /** Default cpu. */
  readonly device?: Device | undefined;
  /** Default wall. */
  readonly clock?: Clock | undefined;
  /** Turns of each file at each context and block. Three steps of each turn count. Default 6. */
  readonly turns?: number | undefined;
  readonly progress?: ((done: number, all: number) => void) | undefined;
  /** Called after each length at each context with what is measured so far, in case the run is ended. */
  readonly keep?: ((report: SizesReport) => Promise<void>) | undefined;
}

/** A loaded file and its only sequence. */
interface Lane {
  readonly row: SizesRow;
  readonly model: OnnxModel;
  readonly session: Session;
}

/** Measures every file at every context. Throws RangeError for lengths that do not fit. */
export async function sizes(options: SizesOptions): Promise<SizesReport> {
  const { contexts = [256, 1024, 4096], blocks = [1, 4, 8, 16, 25], prompt = 256, turns = 6 } = options;
  const { threads = defaultThreads(), device = "cpu", clock = "wall", shapes, progress, keep } = options;
  checkLengths(contexts, blocks, prompt, shapes);
  const names = Object.keys(shapes);
  let done = 0;
  const rows: SizesRow[] = [];
  const processor = cpus()[0]?.model ?? "unknown";
  const machine = { processor, cores: availableParallelism(), threads, clock, turns, prompt };
  const report = (more: readonly SizesRow[] = []) => ({
    ...machine,
    rows: [...rows, ...more].map((row) => ({ ...row, cells: inSingles(row.cells) })),
  });
  const plan: Plan = {
    ...{ contexts: [...contexts].sort((a, b) => a - b), blocks, prompt, turns, threads, device },
    time: timer(clock, threads),
    async measured(lanes) {
      progress?.(++done, names.length * contexts.length * (blocks.length + 1));
      await keep?.(report(lanes.map(({ row }) => row)));
    },
  };
  for (const name of names) {
    const shape = shapes[name] as Shape;
    const folder = await writeRandomFolder(options.folder, name, shape);
    const files = await exportedFiles(folder, shape, options.kinds ?? sizeKinds, options.attention);
    const lanes: Lane[] = [];
    try {
      for (const file of files) lanes.push(await openLane(folder, name, file, plan));
      await measure(lanes, tokensOf(Math.max(...contexts), 1, shape.vocabulary), plan);
    } finally {
      for (const lane of lanes) await lane.model.close();
    }
    rows.push(...lanes.map(({ row }) => row));
  }
  return report();
}

/** What is measured of every file. */
interface Plan {
  readonly contexts: readonly number[];
  readonly blocks: readonly number[];
  readonly prompt: number;
  readonly turns: number;
  readonly threads: number;
  readonly device: Device;
  readonly time: Timer;
  /** Called after each length at each context. */
  measured(lanes: readonly Lane[]): Promise<void>;
}

/** Adds a cell for each context and length to the rows of the files, which take turns. */
async function measure(lanes: readonly Lane[], tokens: readonly number[], plan: Plan): Promise<void> {
  const { contexts, blocks, prompt, turns, time } = plan;
  for (const context of contexts) {
    for (const length of [prompt, ...blocks]) {
      const [begin, isPrompt] = [Math.max(0, context - length), length === prompt];
      const taken = new Map<Lane, number[]>(lanes.map((lane) => [lane, []]));
      for (let turn = 0; turn < (isPrompt ? Math.ceil(turns / 3) : turns); turn++) {
        for (const lane of lanes) {
          const { session } = lane;
          await fill(session, tokens, begin);
          const step = () => run(session, tokens.slice(begin, context), isPrompt);
          // A prompt on the CPU is long enough to count from the first.
          if (!isPrompt || session.score !== undefined) await step();
          for (let i = 0; i < (isPrompt ? 1 : 3); i++) {
            await session.rewind(begin);
            taken.get(lane)?.push((await time(step)).milliseconds);
          }
        }
      }
      for (const [lane, times] of taken)
        lane.row.cells.push({ context, tokens: length, ...quartiles(times), singles: undefined });
      await plan.measured(lanes);
    }
  }
}

/**
 * Runs a prompt, which needs no logits, or a block. On a device, runs end later than they return, unless something is
 * read: of a prompt one row, of a block the best tokens, which is all that greedy rounds read.
 */
async function run(session: Session, tokens: readonly number[], isPrompt: boolean): Promise<void> {
  if (session.score === undefined) await session.append(tokens, isPrompt ? { rows: 0 } : {});
  else if (isPrompt) await session.append(tokens, { rows: 1 });
  else await session.score(tokens, { readings: new Set(["argmax"]), temperature: 1 });
}

/** Brings the sequence to this length. */
async function fill(session: Session, tokens: readonly number[], length: number): Promise<void> {
  if (session.length > length) await session.rewind(length);
  if (session.length < length) await session.append(tokens.slice(session.length, length), { rows: 0 });
}

async function openLane(folder: string, shape: string, file: SizeFile, { threads, device, time }: Plan): Promise<Lane> {
  const memory = process.memoryUsage().rss;
  const { value: model, milliseconds: load } = await time(() =>
    loadModel(folder, { file: file.file, threads, device }),
  );
  const row = {
    shape,
    kind: file.kind,
    family: model.graph.family,
    bytes: file.bytes,
    load,
    memory: process.memoryUsage().rss - memory,
    blockDifference: model.check.blockDifference,
    device: device === "cpu" ? undefined : model.device,
    cells: [],
  };
  return { row, model, session: await model.open() };
}

function inSingles(cells: readonly SizesCell[]): SizesCell[] {
  return cells.map((cell) => {
    const single = cells.find(({ context, tokens }) => context === cell.context && tokens === 1);
    return { ...cell, singles: single === undefined ? undefined : cell.median / single.median };
  });
}

function checkLengths(
  contexts: readonly number[],
  blocks: readonly number[],
  prompt: number,
  shapes: SizesOptions["shapes"],
): void {
  const [shortest, longest] = [Math.min(...contexts), Math.max(...blocks)];
  if (longest >= shortest)
    throw new RangeError(
      `The longest block has ${longest} tokens; expected fewer than the shortest context (${shortest}).`,
    );
  if (blocks.includes(prompt)) throw new RangeError(`A block and the prompt both have ${prompt} tokens.`);
  for (const [name, { context }] of Object.entries(shapes)) {
    const most = Math.max(...contexts);
    if (most > context) throw new RangeError(`${name} has a context of ${context} tokens; expected at least ${most}.`);
  }
}

/**
 * The cost of steps, blocks and prompts at realistic sizes: models with random weights of published shapes, each
 * exported in several ways. The ways take turns every few steps, so that the ratios are valid on a noisy machine.
 */
import { availableParallelism, cpus } from "node:os";
import { type AttentionForm, type Device, defaultThreads } from "@lenity/onnx";
import { type Shape, tokensOf } from "@lenity/onnx/testing";
import type { Peer } from "./race/peers.ts";
import { exportedFiles, type SizeKind, sizeKinds } from "./sizes/exported-files.ts";
import type { SizesLane } from "./sizes/lane.ts";
import { lenityLane } from "./sizes/lenity-lane.ts";
import { continued, isMeasured, withRows } from "./sizes/measured.ts";
import { peerLanes } from "./sizes/peer-lanes.ts";
import { writeRandomFolder } from "./sizes/random-folder.ts";
import type { SizesCell, SizesReport, SizesRow } from "./sizes/report.ts";
import { type Clock, quartiles, timer } from "./sizes/timer.ts";

export { findPeers, type Peer, type Peers, peerEngines } from "./race/peers.ts";
export { deviceKinds, type SizeKind, sizeKinds } from "./sizes/exported-files.ts";
export type { SizesCell, SizesReport, SizesRow } from "./sizes/report.ts";
export { type ShapeName, shapeNames, shapes } from "./sizes/shapes.ts";
export { sizesTable } from "./sizes/sizes-table.ts";
export { type Clock, clocks } from "./sizes/timer.ts";

export interface SizesOptions {
  /** Where the models are written, or already are. They take up to four times the bytes of the weights in float16, and
   * as much again for peers. */
  readonly folder: string;
  readonly shapes: Readonly<Record<string, Shape>>;
  /** Default: all. */
  readonly kinds?: readonly SizeKind[] | undefined;
  /** Default: what the export chooses for the context length of the shape. */
  readonly attention?: AttentionForm | undefined;
  /** Tokens in the sequence after a step. Default 256, 1024 and 4096. */
  readonly contexts?: readonly number[] | undefined;
  /** Tokens per step. Default 1, 2, 4, 8, 16 and 25. */
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
  /** Programs to measure beside lenity, on the same weights. */
  readonly peers?: readonly Peer[] | undefined;
  /** The report of an earlier run with the same settings: its figures are kept, and only what it lacks is measured. */
  readonly earlier?: SizesReport | undefined;
  /** Called with the report so far, after each context of a shape. */
  readonly keep?: ((report: SizesReport) => Promise<void>) | undefined;
  readonly progress?: ((done: number, all: number) => void) | undefined;
}

/**
 * Measures every file at every context, and keeps the report after each context of a shape. Throws RangeError for
 * lengths that do not fit, and for an earlier report of other settings.
 */
export async function sizes(options: SizesOptions): Promise<SizesReport> {
  const { contexts = [256, 1024, 4096], blocks = [1, 2, 4, 8, 16, 25], prompt = 256, turns = 6 } = options;
  const {
    threads = defaultThreads(),
    device = "cpu",
    clock = "wall",
    shapes,
    kinds = sizeKinds,
    peers = [],
    progress,
  } = options;
  checkLengths(contexts, blocks, prompt, shapes);
  const time = timer(clock, threads);
  const processor = cpus()[0]?.model ?? "unknown";
  const settings = { processor, cores: availableParallelism(), threads, clock, turns, prompt };
  const packages = peers.map((peer) => peer.package);
  let report: SizesReport = { ...settings, peers: packages, rows: [] };
  if (options.earlier !== undefined) {
    const earlier = continued(options.earlier, settings);
    report = { ...earlier, peers: [...new Set([...earlier.peers, ...packages])] };
  }
  const lengths = [prompt, ...blocks];
  const wanted = { kinds, engines: peers.map(({ engine }) => engine), lengths };
  const pending = Object.entries(shapes).map(([name, shape]) => {
    const left = contexts.filter((context) => !isMeasured(report, name, context, wanted));
    return { name, shape, left: left.sort((a, b) => a - b) };
  });
  const all = pending.reduce((sum, { left }) => sum + left.length, 0) * lengths.length;
  let done = 0;
  for (const { name, shape, left } of pending) {
    if (left.length === 0) continue;
    const folder = await writeRandomFolder(options.folder, name, shape);
    const files = await exportedFiles(folder, shape, kinds, options);
    const room = Math.max(...left) + roomBeyond;
    const lanes: SizesLane[] = [];
    try {
      for (const file of files) lanes.push(await lenityLane(folder, name, file, { threads, device, time }));
      for (const peer of peers)
        lanes.push(
          ...(await peerLanes(peer, { folder, name, shape, kinds, settings: { threads, context: room, clock } })),
        );
      const text = tokensOf(Math.max(...left), 1, shape.vocabulary);
      for (const context of left) {
        const measured = () => progress?.(++done, all);
        const rows = await measure(lanes, text.slice(0, context), { lengths, prompt, turns, measured });
        report = { ...report, rows: withRows(report.rows, rows) };
        await options.keep?.(report);
      }
    } finally {
      for (const lane of lanes) await lane.close();
    }
  }
  return report;
}

/** Rows of a cache beyond the longest text. */
const roomBeyond = 64;

/** What is measured at each context. */
interface Plan {
  readonly lengths: readonly number[];
  readonly prompt: number;
  readonly turns: number;
  /** Called after each length. */
  measured(): void;
}

/** The rows of the lanes, with a cell for each length of runs that end at the end of the text. The lanes take turns. */
async function measure(lanes: readonly SizesLane[], tokens: readonly number[], plan: Plan): Promise<SizesRow[]> {
  const cells = new Map<SizesLane, SizesCell[]>(lanes.map((lane) => [lane, []]));
  // The longest first: each then begins behind the one before, so that no cache is filled twice.
  for (const wanted of [...plan.lengths].sort((a, b) => b - a)) {
    const isPrompt = wanted === plan.prompt;
    const length = Math.min(wanted, tokens.length);
    const taken = new Map<SizesLane, number[]>(lanes.map((lane) => [lane, []]));
    for (let turn = 0; turn < (isPrompt ? Math.ceil(plan.turns / 3) : plan.turns); turn++)
      for (const lane of lanes)
        taken.get(lane)?.push(...(await lane.run({ tokens, length, isPrompt, times: isPrompt ? 1 : 3 })));
    for (const [lane, times] of taken)
      cells.get(lane)?.push({ context: tokens.length, tokens: wanted, ...quartiles(times), singles: undefined });
    plan.measured();
  }
  return lanes.map((lane) => ({ ...lane.row, cells: inSingles(cells.get(lane) ?? []) }));
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

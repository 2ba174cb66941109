/**
 * How threads share the cores. Runs rounds of a pair, drafting and then verifying one block, under several thread
 * settings of the two models. One pair is loaded at a time, because spinning threads would take cores from the next.
 * The settings take turns, so that the ratios are valid on a noisy machine.
 */
import { availableParallelism } from "node:os";
import type { Token } from "@lenity/core";
import { defaultThreads, type LoadOptions, loadModel } from "@lenity/onnx";
import { lowerQuartile } from "./order.ts";
import { markdownTable } from "./table.ts";

/** The location of a model: its folder, and the file in it. */
export interface Place {
  readonly folder: string;
  readonly file: string;
}

export interface ThreadsOptions {
  readonly target: Place;
  readonly draft: Place;
  /** Tokens that every round continues. */
  readonly prompt: readonly Token[];
  /** Default 16. */
  readonly draftTokens?: number | undefined;
  /** How many times each setting is loaded. Default 4. */
  readonly turns?: number | undefined;
  /** Rounds that count in each turn. Default 25. */
  readonly repeats?: number | undefined;
  /** Processors of the machine, which determine the settings. */
  readonly processors?: number | undefined;
  readonly progress?: ((done: number, all: number) => void) | undefined;
}

type Threads = Required<Pick<LoadOptions, "threads" | "spin">>;

/** One line of the table. Milliseconds are lower quartiles, because other programs can only add to them. */
export interface ThreadsRow {
  readonly setting: string;
  /** Of drafting a block, of verifying it, and of both. */
  readonly draft: number;
  readonly verify: number;
  readonly round: number;
  /** Relative to the round with lenity's settings. */
  readonly ratio: number;
}

export interface ThreadsReport {
  readonly processors: number;
  /** Tokens drafted in a round; fewer than `draftTokens` if the draft model ended its answer. */
  readonly drafted: number;
  readonly turns: number;
  readonly repeats: number;
  readonly rows: readonly ThreadsRow[];
}

/** The settings to compare, lenity's first. */
function settings(
  processors: number,
): readonly { readonly setting: string; readonly target: Threads; readonly draft: Threads }[] {
  const own = defaultThreads(processors);
  const unbounded = Number.POSITIVE_INFINITY;
  const one = (spin: number): Threads => ({ threads: 1, spin });
  const plain = { threads: processors, spin: unbounded };
  const pair = (target: number, spin: number, label: string) => ({
    setting: `target ${target}, draft 1, ${label}`,
    target: { threads: target, spin },
    draft: one(spin),
  });
  const counts = [1, 2, 4, 8, 16].filter((threads) => threads <= processors && threads !== own);
  return [
    { ...pair(own, 500, ""), setting: `lenity: target ${own}, draft 1, spinning for 500 µs` },
    { setting: `ONNX Runtime's defaults: both ${processors}, spinning`, target: plain, draft: plain },
    {
      setting: `both ${own}, spinning for 500 µs`,
      target: { threads: own, spin: 500 },
      draft: { threads: own, spin: 500 },
    },
    pair(own, unbounded, "spinning"),
    pair(own, 2000, "spinning for 2000 µs"),
    pair(own, 100, "spinning for 100 µs"),
    pair(own, 0, "not spinning"),
    ...counts.map((threads) => pair(threads, 500, "spinning for 500 µs")),
  ];
}

/** Measures rounds under every setting. Rejects with the errors of `loadModel`. */
export async function threads(options: ThreadsOptions): Promise<ThreadsReport> {
  const { draftTokens = 16, turns = 4, repeats = 25, processors = availableParallelism() } = options;
  const lanes = settings(processors).map((setting) => ({
    ...setting,
    drafts: [] as number[],
    verifies: [] as number[],
    rounds: [] as number[],
  }));
  let drafted = 0;
  for (let turn = 0; turn < turns * lanes.length; turn++) {
    const lane = lanes[turn % lanes.length] as (typeof lanes)[number];
    const target = await loadModel(options.target.folder, {
      ...lane.target,
      file: options.target.file,
      drafter: false,
    });
    const draft = await loadModel(options.draft.folder, { ...lane.draft, file: options.draft.file });
    const [verifying, drafting] = [await target.open(), await draft.open()];
    await verifying.append(options.prompt.slice(0, -1), { rows: 0 });
    const held = verifying.length;
    const request = {
      context: options.prompt,
      limit: draftTokens,
      sampling: { temperature: 0, topK: 0, topP: 1, minP: 0 },
      uniform: new Array<number>(draftTokens).fill(0),
    };
    for (let i = -2; i < repeats; i++) {
      const began = performance.now();
      const { tokens } = await drafting.draft(request);
      const proposed = performance.now();
      await verifying.append([options.prompt.at(-1) as Token, ...tokens]);
      const ended = performance.now();
      verifying.rewind(held);
      drafted = tokens.length;
      if (i < 0) continue;
      lane.drafts.push(proposed - began);
      lane.verifies.push(ended - proposed);
      lane.rounds.push(ended - began);
    }
    await target.close();
    await draft.close();
    options.progress?.(turn + 1, turns * lanes.length);
  }
  const own = lowerQuartile(lanes[0]?.rounds as number[]);
  const rows = lanes.map(({ setting, drafts, verifies, rounds }): ThreadsRow => {
    const round = lowerQuartile(rounds);
    return { setting, draft: lowerQuartile(drafts), verify: lowerQuartile(verifies), round, ratio: round / own };
  });
  return { processors, drafted, turns, repeats, rows };
}

/** The report as a Markdown table. */
export function threadsTable({ rows, drafted }: ThreadsReport): string {
  const time = (milliseconds: number) => `${milliseconds.toFixed(2)} ms`;
  const body = rows.map(({ setting, draft, verify, round, ratio }) => [
    setting,
    time(draft),
    time(verify),
    time(round),
    `${ratio.toFixed(2)}×`,
  ]);
  return markdownTable(["threads", `draft ${drafted}`, `verify ${drafted + 1}`, "round", "to lenity's"], body);
}

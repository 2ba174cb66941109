/**
 * lenity and its peers answer the same prompts greedily, one stream at a time. Each lane is a process of its own. They
 * take turns, some problems each, so that the ratios are valid on a noisy machine.
 */
import type { Token } from "@lenity/core";
import { type Lane, type LaneAnswer, type LaneSetup, laneName } from "./lane.ts";
import { type LaneProcess, startLane } from "./lane-process.ts";
import type { Peers } from "./peers.ts";
import type { PairPlaces } from "./weights.ts";

export interface RaceOptions {
  readonly lanes: readonly Lane[];
  readonly peers: Peers;
  /** The pair in the form that a lane reads. */
  readonly weights: (lane: Lane) => Promise<PairPlaces>;
  readonly prompts: readonly (readonly Token[])[];
  /** Prompts that each lane answers first, which do not count. */
  readonly warmUp: readonly (readonly Token[])[];
  /** Prompts of a turn. */
  readonly chunk: number;
  readonly maxTokens: number;
  /** Tokens that prompt and answer have room for. */
  readonly context: number;
  readonly eos: readonly Token[];
  /** Ids that lossy rules leave to strict verification. */
  readonly control: readonly Token[];
  /** Turns of an earlier run, and where each new one is kept. */
  readonly kept?: KeptTurns | undefined;
  readonly progress?: ((done: number, all: number) => void) | undefined;
}

/** Turns by the lane's name and the number of the chunk. */
export interface KeptTurns {
  get(lane: string, chunk: number): readonly LaneAnswer[] | undefined;
  add(lane: string, chunk: number, answers: readonly LaneAnswer[]): Promise<void>;
}

/** The answers of a lane, chunk by chunk. */
export interface LaneResult {
  readonly lane: Lane;
  readonly chunks: readonly (readonly LaneAnswer[])[];
}

/** A lane that did not take part, or not to the end. */
export interface MissingLane {
  readonly lane: string;
  readonly reason: string;
}

export interface RaceResult {
  readonly results: readonly LaneResult[];
  readonly missing: readonly MissingLane[];
}

/**
 * Milliseconds after which an answer is given up, which usually takes a tenth of a second. Threads that wait for each
 * other busily may take a thousand times as long beside another program.
 */
const answerLimit = 20_000;

interface Runner {
  readonly lane: Lane;
  readonly name: string;
  readonly chunks: (readonly LaneAnswer[])[];
  running?: LaneProcess | undefined;
  failed?: string | undefined;
}

/** Runs the race. Lanes that fail are named in `missing`, and the others go on. */
export async function race(options: RaceOptions): Promise<RaceResult> {
  const { lanes, prompts, chunk } = options;
  const runners = lanes.map((lane): Runner => ({ lane, name: laneName(lane), chunks: [] }));
  const turns = Math.ceil(prompts.length / chunk);
  try {
    for (let turn = 0; turn < turns; turn++) {
      for (let i = 0; i < runners.length; i++) {
        // Each lane runs first, second, … equally often.
        const runner = runners[(i + turn) % runners.length] as Runner;
        if (runner.failed === undefined) await takeTurn(runner, turn, options);
        options.progress?.(turn * runners.length + i + 1, turns * runners.length);
      }
    }
  } finally {
    await Promise.all(runners.map(({ running }) => running?.close()));
  }
  const missing = runners.flatMap(({ name, failed }) => (failed === undefined ? [] : [{ lane: name, reason: failed }]));
  return { results: runners.filter(({ failed }) => failed === undefined), missing };
}

async function takeTurn(runner: Runner, turn: number, options: RaceOptions): Promise<void> {
  const { prompts, warmUp, chunk, maxTokens, kept } = options;
  const known = kept?.get(runner.name, turn);
  if (known !== undefined) {
    runner.chunks.push(known);
    return;
  }
  try {
    const begun = runner.running === undefined;
    const lane = (runner.running ??= await startLane(await setupOf(runner.lane, options)));
    const ask = (prompt: readonly Token[]) => lane.ask({ prompt, maxTokens }, answerLimit);
    if (begun) for (const prompt of warmUp) await ask(prompt);
    const answers: LaneAnswer[] = [];
    for (const prompt of prompts.slice(turn * chunk, (turn + 1) * chunk)) answers.push(await ask(prompt));
    runner.chunks.push(answers);
    await kept?.add(runner.name, turn, answers);
  } catch (error) {
    runner.failed = (error as Error).message.replace(`${runner.name}: `, "");
    runner.running = undefined;
  }
}

async function setupOf(lane: Lane, { peers, weights, eos, control, context }: RaceOptions): Promise<LaneSetup> {
  const { target, draft } = await weights(lane);
  const speculates = lane.engine === "lenity" || lane.draft !== undefined;
  const setup = { lane, target, draft: speculates ? draft : undefined, eos, control, context };
  if (lane.engine === "lenity") return setup;
  const peer = peers.found.find(({ engine }) => engine === lane.engine);
  const reason = peers.missing.find(({ engine }) => engine === lane.engine)?.reason;
  const module = lane.draft === "repaired" ? peer?.repaired : peer?.module;
  if (module === undefined) throw new Error(reason ?? "Its code is not as the repair expects.");
  return { ...setup, module };
}

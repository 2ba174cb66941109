/** The figures of a race and their tables. */

import type { Token } from "@lenity/core";
import type { Machine } from "../machine.ts";
import { lowerQuartile, median, upperQuartile } from "../order.ts";
import { markdownTable } from "../table.ts";
import { type Lane, type LaneAnswer, laneName } from "./lane.ts";
import type { LaneResult, MissingLane, RaceResult } from "./race.ts";
import { roundingGap, type TextComparison } from "./texts.ts";

/** The median over chunks of problems, and the quartiles. */
export interface Middle {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

export interface RaceRow {
  readonly lane: Lane;
  readonly name: string;
  /** Tokens per second from the first token to the last. */
  readonly decode: Middle;
  /** Tokens per second from the question to the end of the answer. */
  readonly endToEnd: Middle;
  /** Milliseconds until the first token. */
  readonly firstToken: Middle;
  /** Tokens per second of processor time, of all threads. */
  readonly perCpuSecond: Middle;
  /** The most memory that its process has used, in MiB. */
  readonly memory: number;
  /** Tokens per answer. */
  readonly tokens: number;
  /** Right answers. */
  readonly right: number;
}

export interface RaceReport {
  readonly machine: Machine;
  /** Problems, and how many of them are a chunk. */
  readonly problems: number;
  readonly chunk: number;
  readonly maxTokens: number;
  /** Packages of the peers. */
  readonly peers: readonly string[];
  /** Fastest first. */
  readonly rows: readonly RaceRow[];
  readonly missing: readonly MissingLane[];
  readonly texts: readonly TextComparison[];
}

/** Whether the answer to a problem, by its index, is right. */
export type IsRight = (problem: number, tokens: readonly Token[]) => boolean | Promise<boolean>;

/** The rows, by decoding speed. */
export async function raceRows({ results }: RaceResult, isRight: IsRight): Promise<RaceRow[]> {
  const rows: RaceRow[] = [];
  for (const result of results) rows.push(await rowOf(result, isRight));
  return rows.sort((a, b) => b.decode.median - a.decode.median);
}

async function rowOf({ lane, chunks }: LaneResult, isRight: IsRight): Promise<RaceRow> {
  const answers = chunks.flat();
  let right = 0;
  for (const [problem, { tokens }] of answers.entries()) if (await isRight(problem, tokens)) right++;
  const middle = (figure: (answers: readonly LaneAnswer[]) => number): Middle => middleOf(chunks.map(figure));
  const rate = (tokens: (answer: LaneAnswer) => number, time: (answer: LaneAnswer) => number) =>
    middle((answers) => (1000 * sum(answers, tokens)) / sum(answers, time));
  const all = ({ tokens }: LaneAnswer) => tokens.length;
  return {
    lane,
    name: laneName(lane),
    // Tokens that came together with the first took no time after it.
    decode: rate(
      ({ tokens, together }) => tokens.length - together,
      ({ first, last }) => last - first,
    ),
    endToEnd: rate(all, ({ end }) => end),
    firstToken: middle((answers) => median(answers.map(({ first }) => first))),
    perCpuSecond: rate(all, ({ cpu }) => cpu),
    memory: Math.max(...answers.map(({ memory }) => memory)) / 2 ** 20,
    tokens: sum(answers, all) / answers.length,
    right,
  };
}

const sum = (answers: readonly LaneAnswer[], figure: (answer: LaneAnswer) => number): number =>
  answers.reduce((total, answer) => total + figure(answer), 0);

const middleOf = (values: readonly number[]): Middle => ({
  median: median(values),
  low: lowerQuartile(values),
  high: upperQuartile(values),
});

/** The lanes, fastest first, relative to the fastest peer. */
export function raceTable({ rows, problems }: Pick<RaceReport, "rows" | "problems">): string {
  const best = rows.find(({ lane }) => lane.engine !== "lenity")?.decode.median;
  const spread = ({ median, low, high }: Middle) => `${median.toFixed(0)} (${low.toFixed(0)} – ${high.toFixed(0)})`;
  return markdownTable(
    [
      ...["lane", "decode, tokens/s (quartiles)", "to the best peer", "end to end", "first token"],
      ...["tokens per CPU second", "peak memory", "right"],
    ],
    rows.map((row) => [
      row.name,
      spread(row.decode),
      best === undefined ? "–" : `${(row.decode.median / best).toFixed(2)}×`,
      row.endToEnd.median.toFixed(0),
      `${row.firstToken.median.toFixed(1)} ms`,
      row.perCpuSecond.median.toFixed(0),
      `${row.memory.toFixed(0)} MiB`,
      `${row.right} of ${problems}`,
    ]),
  );
}

/** The fastest lane of each kind, fastest first: of lenity plain, strict and judi, and of each other program. */
export function bestLanesTable({ rows, problems }: Pick<RaceReport, "rows" | "problems">): string {
  const kindOf = ({ engine, policy }: Lane) => (engine === "lenity" ? `${engine} ${policy}` : engine);
  const best = rows.filter((row, at) => rows.findIndex(({ lane }) => kindOf(lane) === kindOf(row.lane)) === at);
  return raceTable({ rows: best.filter(({ lane }) => lane.policy !== "judge"), problems });
}

/** How many answers of each lane are those of lenity in float32, and the widest gap where they differ. */
export function textsTable({ texts }: Pick<RaceReport, "texts">): string {
  const body = texts.map(({ lane, engine, answers, equal, differences }) => [
    lane,
    `${equal} of ${answers}`,
    differences === undefined ? "other numbers or lossy" : explanation(differences, roundingGap(engine)),
  ]);
  return markdownTable(["lane", "same text as lenity fp32 plain", "differences"], body);
}

function explanation(differences: NonNullable<TextComparison["differences"]>, rounding: number): string {
  if (differences.length === 0) return "none";
  const widest = Math.max(...differences.map(({ gap }) => Math.abs(gap)));
  const why = widest < rounding ? "rounding" : "NOT EXPLAINED by rounding";
  return `${why}: logits at most ${widest.toExponential(1)} apart`;
}

/**
 * The cost and benefit of each policy. Answers problems under every policy in turn, with the same models at the same
 * time, so that the ratios are valid on a noisy machine.
 */
import {
  type Answer,
  complete,
  type Drafter,
  type LanguageModel,
  type Policy,
  type Registry,
  type Token,
  type Tokenizer,
  type Verifier,
} from "@lenity/core";
import { signTest, wilson } from "@lenity/train";
import type { BenchProblem } from "./problems.ts";
import { markdownTable } from "./table.ts";

export interface QualityOptions {
  readonly target: LanguageModel;
  readonly tokenizer: Tokenizer;
  readonly registry: Registry;
  /** Creates a drafter for each answer. */
  readonly drafter: () => Drafter;
  /** The prompt's tokens for one question. */
  readonly prompt: (question: string) => readonly Token[];
  /** Tokens that lossy rules leave to strict verification, as in `generate`. */
  readonly control?: ReadonlySet<Token> | undefined;
  readonly policies: readonly Policy[];
  readonly problems: readonly BenchProblem[];
  /**
   * Fixed block lengths: that of the policy's preset, else this one. By default lengths are chosen, as for a request
   * that names none.
   */
  readonly draftTokens?: number | undefined;
  readonly temperature: number;
  /** The most tokens of an answer. */
  readonly maxTokens: number;
  readonly seed: number;
  /** Answers of an earlier run, which are not given again, and where each new one is kept. */
  readonly kept?: KeptQuality | undefined;
  readonly progress?: ((done: number, all: number) => void) | undefined;
}

/** What the report needs of an answer. */
export interface QualityAnswer {
  readonly reason: Answer["reason"];
  readonly counters: Pick<Answer["counters"], "emitted" | "rounds" | "drafted" | "evaluated" | "accepted" | "relaxed">;
  readonly right: boolean;
  /** Absent if the problem cannot tell. */
  readonly flawless?: boolean | undefined;
  readonly milliseconds: number;
}

/** Answers by the policy's name and the index of the problem. */
export interface KeptQuality {
  get(policy: string, problem: number): QualityAnswer | undefined;
  add(policy: string, problem: number, answer: QualityAnswer): Promise<void>;
}

/** A policy's right answers compared, problem by problem, with those of the policy `QualityReport.against`. */
export interface PairedCounts {
  /** Problems that it answers wrongly and the other rightly. */
  readonly lost: number;
  /** Problems that it answers rightly and the other wrongly. */
  readonly gained: number;
  /** McNemar's exact two-sided p-value. */
  readonly pValue: number;
}

/** One line of the table. */
export interface QualityRow {
  readonly policy: string;
  readonly law: string;
  readonly draftTokens: number | "auto";
  readonly accuracy: number;
  /** 95 % Wilson interval of the accuracy. */
  readonly interval: readonly [number, number];
  /** Absent in the row that the others are compared with. */
  readonly paired?: PairedCounts | undefined;
  /** Share of answers with every word right, not only the result; absent if the problems cannot tell. */
  readonly flawless?: number | undefined;
  /** Answers that reached the token limit. */
  readonly truncated: number;
  readonly tokensPerAnswer: number;
  /** Emitted tokens per target pass. */
  readonly tokensPerPass: number;
  /** Share of drafted tokens that were accepted; absent in plain decoding. */
  readonly draftAcceptance?: number | undefined;
  /** Share of drafted tokens that were accepted, of those before which none was rejected; absent in plain decoding. */
  readonly testedAcceptance?: number | undefined;
  /** Accepted tokens that strict verification would have rejected, per answer. */
  readonly relaxedPerAnswer: number;
  readonly tokensPerSecond: number;
  /** Wall time of plain decoding divided by that of this policy, for all answers together. */
  readonly speed: number;
}

export interface QualityReport {
  readonly problems: number;
  readonly temperature: number;
  readonly seed: number;
  /** The row that accuracies are compared with: strict if it is one of the policies, else plain. */
  readonly against?: string | undefined;
  readonly rows: readonly QualityRow[];
}

/** A policy, or plain decoding, and what its answers were. */
interface Lane {
  readonly name: string;
  readonly verifier: (() => Verifier) | undefined;
  readonly draftTokens: number | "auto";
  readonly answers: QualityAnswer[];
}

/** Answers every problem with plain decoding and under each policy. */
export async function quality(options: QualityOptions): Promise<QualityReport> {
  const { registry, problems, temperature, seed } = options;
  const lanes = [undefined, ...options.policies].map((policy): Lane => {
    const create = policy === undefined ? undefined : () => registry.create(policy);
    return {
      name: policy === undefined ? "plain" : typeof policy === "string" ? policy : JSON.stringify(policy),
      verifier: create,
      draftTokens: create === undefined ? 0 : lengthOf(create(), options.draftTokens),
      answers: [],
    };
  });
  for (const [i, problem] of problems.entries()) {
    // Each lane runs first, second, … equally often.
    for (let turn = 0; turn < lanes.length; turn++) {
      const lane = lanes[(i + turn) % lanes.length] as Lane;
      const kept = options.kept?.get(lane.name, i);
      const answer = kept ?? (await answerOf(lane, problem, i, options));
      if (kept === undefined) await options.kept?.add(lane.name, i, answer);
      lane.answers.push(answer);
    }
    options.progress?.(i + 1, problems.length);
  }
  const plain = lanes[0] as Lane;
  const reference = lanes.find(({ name }) => name === "strict") ?? plain;
  const rows = lanes.map((lane) => rowOf(lane, plain, reference));
  return { problems: problems.length, temperature, seed, against: reference.name, rows };
}

const lengthOf = ({ draftTokens: own }: Verifier, fixed: number | undefined): number | "auto" =>
  fixed === undefined ? "auto" : (own ?? fixed);

/** Answers one problem, timed. */
async function answerOf(
  { verifier, draftTokens }: Lane,
  problem: BenchProblem,
  index: number,
  options: QualityOptions,
): Promise<QualityAnswer> {
  const { target, tokenizer, control, temperature, maxTokens } = options;
  const prompt = options.prompt(problem.question);
  const drafter = verifier === undefined ? undefined : options.drafter();
  const began = performance.now();
  const { text, reason, counters } = await complete(prompt, {
    ...{ target, tokenizer, control, drafter, draftTokens, maxTokens },
    verifier: verifier?.(),
    sampling: { temperature },
    seed: index,
  });
  const milliseconds = performance.now() - began;
  const { emitted, rounds, drafted, evaluated, accepted, relaxed } = counters;
  const right = await problem.check(text);
  const flawless = problem.flawless && reason !== "length" && problem.flawless(text);
  const kept = { emitted, rounds, drafted, evaluated, accepted, relaxed };
  return { reason, counters: kept, right, flawless, milliseconds };
}

function rowOf(lane: Lane, plain: Lane, reference: Lane): QualityRow {
  const { name, verifier, draftTokens, answers } = lane;
  const sum = (count: (answer: QualityAnswer) => number) => answers.reduce((all, each) => all + count(each), 0);
  const right = rightOf(lane);
  const flawless = answers.flatMap((answer) => answer.flawless ?? []);
  const milliseconds = millisecondsOf(lane);
  const emitted = sum(({ counters }) => counters.emitted);
  const accepted = sum(({ counters }) => counters.accepted);
  const share = (all: number) => (all === 0 ? undefined : accepted / all);
  const successes = right.filter(Boolean).length;
  return {
    policy: name,
    law: verifier?.().law ?? "exact",
    draftTokens,
    accuracy: successes / right.length,
    interval: wilson(successes, right.length),
    paired: lane === reference ? undefined : pairedCounts(right, rightOf(reference)),
    flawless: flawless.length === 0 ? undefined : flawless.filter(Boolean).length / flawless.length,
    truncated: answers.filter(({ reason }) => reason === "length").length,
    tokensPerAnswer: emitted / answers.length,
    tokensPerPass: emitted / sum(({ counters }) => counters.rounds),
    draftAcceptance: share(sum(({ counters }) => counters.drafted)),
    testedAcceptance: share(sum(({ counters }) => counters.evaluated)),
    relaxedPerAnswer: sum(({ counters }) => counters.relaxed) / answers.length,
    tokensPerSecond: (1000 * emitted) / milliseconds,
    speed: millisecondsOf(plain) / milliseconds,
  };
}

const rightOf = ({ answers }: Lane): boolean[] => answers.map(({ right }) => right);
const millisecondsOf = ({ answers }: Lane): number => answers.reduce((sum, { milliseconds }) => sum + milliseconds, 0);

function pairedCounts(right: readonly boolean[], reference: readonly boolean[]): PairedCounts {
  const lost = right.filter((is, i) => !is && reference[i] === true).length;
  const gained = right.filter((is, i) => is && reference[i] === false).length;
  return { lost, gained, pValue: signTest(gained, lost) };
}

const percent = (value: number) => `${(100 * value).toFixed(1)} %`;

/** A figure of a row, as the table shows it; undefined if the row does not have it. */
type Column = readonly [title: string, cell: (row: QualityRow) => string | undefined];

/** The report as a Markdown table, without the columns that no row has. */
export function qualityTable({ rows, against, temperature }: QualityReport): string {
  const shareText = (value: number | undefined) => (value === undefined ? undefined : percent(value));
  const all: readonly Column[] = [
    ["policy", ({ policy }) => (policy.startsWith("{") ? `\`${policy}\`` : policy)],
    ["law", ({ law }) => law],
    [
      "accuracy (95 %)",
      (row) => `${percent(row.accuracy)} (${percent(row.interval[0])} – ${percent(row.interval[1])})`,
    ],
    [`lost, gained against ${against} (p)`, ({ paired }) => paired && pairedText(paired)],
    ["every word right", ({ flawless }) => shareText(flawless)],
    ["tokens / pass", (row) => row.tokensPerPass.toFixed(2)],
    ["draft acceptance", (row) => shareText(row.draftAcceptance)],
    // At temperature 0 lossless rules accept the same tokens.
    ["accepted / tested", (row) => (temperature === 0 ? undefined : shareText(row.testedAcceptance))],
    ["relaxed / answer", (row) => row.relaxedPerAnswer.toFixed(2)],
    ["tokens / answer", (row) => row.tokensPerAnswer.toFixed(1)],
    ["tokens/s", (row) => row.tokensPerSecond.toFixed(0)],
    ["speed", (row) => `${row.speed.toFixed(2)}×`],
  ];
  const columns = all.filter(([, cell]) => rows.some((row) => cell(row) !== undefined));
  return markdownTable(
    columns.map(([title]) => title),
    rows.map((row) => columns.map(([, cell]) => cell(row) ?? "–")),
    2,
  );
}

const pairedText = ({ lost, gained, pValue }: PairedCounts): string => `${lost}, ${gained} (${pValue.toPrecision(2)})`;

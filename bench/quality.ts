/**
 * The cost and benefit of each policy. Answers held-out problems under every policy in turn, with the same models at
 * the same time, so that the ratios are valid on a noisy machine.
 */
import {
  complete,
  type Drafter,
  type LanguageModel,
  type Policy,
  type Registry,
  seeded,
  type Tokenizer,
} from "@lenity/core";
import { firstError, readResult, wordProblem } from "@lenity/tiny";
import { markdownTable } from "./table.ts";

export interface QualityOptions {
  readonly target: LanguageModel;
  readonly tokenizer: Tokenizer;
  readonly registry: Registry;
  /** Creates a drafter for each answer. */
  readonly drafter: () => Drafter;
  /** The prompt's tokens for one question. */
  readonly prompt: (question: string) => readonly number[];
  readonly policies: readonly Policy[];
  readonly problems: number;
  /** The block length of policies whose preset sets none. */
  readonly draftTokens: number;
  readonly temperature: number;
  readonly seed: number;
  readonly progress?: ((done: number, all: number) => void) | undefined;
}

/** One line of the table. */
export interface QualityRow {
  readonly policy: string;
  readonly law: string;
  readonly draftTokens: number;
  readonly accuracy: number;
  /** 95 % Wilson interval of the accuracy. */
  readonly interval: readonly [number, number];
  /** Share of answers with every word right, not only the last number. */
  readonly flawless: number;
  /** Answers that reached the token limit. */
  readonly truncated: number;
  readonly tokensPerAnswer: number;
  /** Emitted tokens per target pass. */
  readonly tokensPerPass: number;
  /** Share of drafted tokens that were accepted; absent in plain decoding. */
  readonly draftAcceptance: number | undefined;
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
  readonly rows: readonly QualityRow[];
}

const maxTokens = 250;

/** Answers every problem with plain decoding and under each policy. */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: one table, built lane by lane.
export async function quality(options: QualityOptions): Promise<QualityReport> {
  const { target, tokenizer, registry, temperature } = options;
  const lanes = [undefined, ...options.policies].map((policy) => ({
    policy,
    draftTokens: policy === undefined ? 0 : (registry.create(policy).draftTokens ?? options.draftTokens),
    verifier: policy === undefined ? undefined : () => registry.create(policy),
    right: 0,
    flawless: 0,
    truncated: 0,
    emitted: 0,
    rounds: 0,
    drafted: 0,
    accepted: 0,
    relaxed: 0,
    milliseconds: 0,
  }));
  const random = seeded(options.seed);
  for (let i = 0; i < options.problems; i++) {
    const problem = wordProblem(random, "held-out");
    const prompt = options.prompt(problem.question);
    // Each lane runs first, second, … equally often.
    for (let turn = 0; turn < lanes.length; turn++) {
      const lane = lanes[(i + turn) % lanes.length] as (typeof lanes)[number];
      const drafter = lane.verifier === undefined ? undefined : options.drafter();
      const began = performance.now();
      const answer = await complete(prompt, {
        target,
        tokenizer,
        drafter,
        verifier: lane.verifier?.(),
        draftTokens: lane.draftTokens,
        sampling: { temperature },
        seed: i,
        maxTokens,
      });
      lane.milliseconds += performance.now() - began;
      if (readResult(answer.text) === problem.result) lane.right++;
      if (answer.reason !== "length" && firstError(problem.answer, answer.text) === answer.text.length) lane.flawless++;
      if (answer.reason === "length") lane.truncated++;
      lane.emitted += answer.counters.emitted;
      lane.rounds += answer.counters.rounds;
      lane.drafted += answer.counters.drafted;
      lane.accepted += answer.counters.accepted;
      lane.relaxed += answer.counters.relaxed;
    }
    options.progress?.(i + 1, options.problems);
  }
  const plain = lanes[0] as (typeof lanes)[number];
  const rows = lanes.map(
    (lane): QualityRow => ({
      policy:
        lane.policy === undefined
          ? "plain"
          : typeof lane.policy === "string"
            ? lane.policy
            : JSON.stringify(lane.policy),
      law: lane.verifier?.().law ?? "exact",
      draftTokens: lane.draftTokens,
      accuracy: lane.right / options.problems,
      interval: wilson(lane.right, options.problems),
      flawless: lane.flawless / options.problems,
      truncated: lane.truncated,
      tokensPerAnswer: lane.emitted / options.problems,
      tokensPerPass: lane.emitted / lane.rounds,
      draftAcceptance: lane.drafted === 0 ? undefined : lane.accepted / lane.drafted,
      relaxedPerAnswer: lane.relaxed / options.problems,
      tokensPerSecond: (1000 * lane.emitted) / lane.milliseconds,
      speed: plain.milliseconds / lane.milliseconds,
    }),
  );
  return { problems: options.problems, temperature, seed: options.seed, rows };
}

/** Wilson's score interval at 95 %. */
export function wilson(right: number, all: number): readonly [number, number] {
  const z = 1.96;
  const share = right / all;
  const middle = share + (z * z) / (2 * all);
  const spread = z * Math.sqrt((share * (1 - share)) / all + (z * z) / (4 * all * all));
  const scale = 1 + (z * z) / all;
  return [Math.max(0, (middle - spread) / scale), Math.min(1, (middle + spread) / scale)];
}

/** The report as a Markdown table. */
export function qualityTable({ rows }: QualityReport): string {
  const percent = (value: number) => `${(100 * value).toFixed(1)} %`;
  const head = [
    "policy",
    "law",
    "accuracy (95 %)",
    "every word right",
    "tokens / pass",
    "draft acceptance",
    "relaxed / answer",
    "tokens / answer",
    "tokens/s",
    "speed",
  ];
  const body = rows.map((row) => [
    row.policy.startsWith("{") ? `\`${row.policy}\`` : row.policy,
    row.law,
    `${percent(row.accuracy)} (${percent(row.interval[0])} – ${percent(row.interval[1])})`,
    percent(row.flawless),
    row.tokensPerPass.toFixed(2),
    row.draftAcceptance === undefined ? "–" : percent(row.draftAcceptance),
    row.relaxedPerAnswer.toFixed(2),
    row.tokensPerAnswer.toFixed(1),
    row.tokensPerSecond.toFixed(0),
    `${row.speed.toFixed(2)}×`,
  ]);
  return markdownTable(head, body, 2);
}

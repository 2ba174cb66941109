/**
 * Whether "auto" is ever slower than plain decoding, or than the best fixed draft length: speeds on prompts that suit
 * the draft model and on prompts that do not. All lanes answer every prompt in turns, and the fastest of its turns
 * counts for each prompt: the text is the same in all, and other programs only ever slow one down.
 */
import {
  complete,
  type Drafter,
  type LanguageModel,
  type Policy,
  type Registry,
  type Token,
  type Tokenizer,
} from "@lenity/core";
import { markdownTable } from "./table.ts";

export interface HostileOptions {
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
  /** Questions by the name of their set. */
  readonly sets: Readonly<Record<string, readonly string[]>>;
  /** Fixed lengths to compare with. */
  readonly lengths: readonly number[];
  /** The most tokens of an answer. */
  readonly maxTokens: number;
  /** How often everything is answered. */
  readonly turns: number;
  readonly progress?: ((done: number, all: number) => void) | undefined;
}

/** Of all prompts together, and the lowest and the highest of a single prompt. */
export interface Ratio {
  readonly all: number;
  readonly lowest: number;
  readonly highest: number;
}

export interface HostileRow {
  readonly set: string;
  readonly policy: string;
  readonly draftTokens: number | "auto";
  readonly tokensPerSecond: number;
  /** Tokens a second divided by those of plain decoding. */
  readonly againstPlain: Ratio;
  /** Of "auto": tokens a second divided by those of the fastest fixed length. */
  readonly againstBest?: Ratio | undefined;
  /** Drafted tokens per round, and the share of rounds without a draft. */
  readonly meanDraft: number;
  readonly plainRounds: number;
  readonly tokensPerPass: number;
}

export interface HostileReport {
  readonly prompts: Readonly<Record<string, number>>;
  readonly maxTokens: number;
  readonly turns: number;
  readonly rows: readonly HostileRow[];
}

/** An answer to a prompt. */
interface Measured {
  readonly milliseconds: number;
  readonly emitted: number;
  readonly rounds: number;
  readonly drafted: number;
  /** Rounds without a draft. */
  readonly plain: number;
}

interface Lane {
  /** Undefined: plain decoding. */
  readonly policy: Policy | undefined;
  readonly draftTokens: number | "auto";
  /** By prompt, the fastest answer. */
  readonly answers: Measured[];
}

/** Answers every prompt plainly, and under each policy with each fixed length and with "auto". */
export async function hostile(options: HostileOptions): Promise<HostileReport> {
  const { sets, policies, lengths, maxTokens, turns } = options;
  const rows: HostileRow[] = [];
  const all = turns * Object.values(sets).flat().length;
  let done = 0;
  for (const [set, questions] of Object.entries(sets)) {
    const plain: Lane = { policy: undefined, draftTokens: 0, answers: [] };
    const drafting = policies.flatMap((policy) =>
      [...lengths, "auto" as const].map((draftTokens): Lane => ({ policy, draftTokens, answers: [] })),
    );
    const lanes = [plain, ...drafting];
    // Programs run slower at first.
    for (const lane of lanes) await answer(lane, questions[0] as string, options);
    for (let turn = 0; turn < turns; turn++) {
      for (const [at, question] of questions.entries()) {
        // Each lane runs first, second, … equally often.
        for (let next = 0; next < lanes.length; next++) {
          const lane = lanes[(at + turn + next) % lanes.length] as Lane;
          const answered = await answer(lane, question, options);
          if (answered.milliseconds < (lane.answers[at]?.milliseconds ?? Number.POSITIVE_INFINITY))
            lane.answers[at] = answered;
        }
        options.progress?.(++done, all);
      }
    }
    rows.push(...drafting.map((lane) => rowOf(set, lane, plain, drafting)));
  }
  const prompts = Object.fromEntries(Object.entries(sets).map(([set, questions]) => [set, questions.length]));
  return { prompts, maxTokens, turns, rows };
}

async function answer({ policy, draftTokens }: Lane, question: string, options: HostileOptions): Promise<Measured> {
  const { target, tokenizer, registry, control, maxTokens } = options;
  const prompt = options.prompt(question);
  const drafter = policy === undefined ? undefined : options.drafter();
  const verifier = policy === undefined ? undefined : registry.create(policy);
  const begun = performance.now();
  const settings = { target, tokenizer, control, drafter, verifier, draftTokens, maxTokens };
  const { counters } = await complete(prompt, settings);
  const { emitted, rounds, drafted, lengths } = counters;
  return { milliseconds: performance.now() - begun, emitted, rounds, drafted, plain: lengths[0] ?? 0 };
}

function rowOf(set: string, lane: Lane, plain: Lane, lanes: readonly Lane[]): HostileRow {
  const { policy, draftTokens, answers } = lane;
  const sum = (count: (answer: Measured) => number) => answers.reduce((all, each) => all + count(each), 0);
  const rounds = sum((each) => each.rounds);
  const fixed = lanes.filter((other) => other.policy === policy && other.draftTokens !== "auto");
  const best = fixed.toSorted((a, b) => speed(b.answers) - speed(a.answers))[0];
  return {
    ...{ set, policy: typeof policy === "string" ? policy : JSON.stringify(policy), draftTokens },
    tokensPerSecond: speed(answers),
    againstPlain: ratio(lane, plain),
    againstBest: draftTokens === "auto" && best !== undefined ? ratio(lane, best) : undefined,
    meanDraft: sum((each) => each.drafted) / rounds,
    plainRounds: sum((each) => each.plain) / rounds,
    tokensPerPass: sum((each) => each.emitted) / rounds,
  };
}

/** Tokens a second. */
function speed(answers: readonly Measured[]): number {
  const sum = (count: (answer: Measured) => number) => answers.reduce((all, each) => all + count(each), 0);
  return (1000 * sum((each) => each.emitted)) / sum((each) => each.milliseconds);
}

function ratio({ answers }: Lane, other: Lane): Ratio {
  const each = answers.map((answer, at) => speed([answer]) / speed([other.answers[at] as Measured]));
  return { all: speed(answers) / speed(other.answers), lowest: Math.min(...each), highest: Math.max(...each) };
}

/** A row for each set and policy: speeds against plain decoding of the fixed lengths and of "auto". */
export function hostileTable({ rows }: HostileReport): string {
  const lengths = [...new Set(rows.map(({ draftTokens }) => draftTokens))];
  const lines = Map.groupBy(rows, ({ set, policy }) => JSON.stringify([set, policy]));
  const text = ({ all, lowest, highest }: Ratio) => `${all.toFixed(2)} (${lowest.toFixed(2)} – ${highest.toFixed(2)})`;
  const body = [...lines.values()].map((line) => {
    const of = (length: number | "auto") => line.find(({ draftTokens }) => draftTokens === length) as HostileRow;
    const { set, policy, againstPlain, againstBest, meanDraft } = of("auto");
    const cells = lengths.map((length) =>
      length === "auto" ? text(againstPlain) : of(length).againstPlain.all.toFixed(2),
    );
    return [set, policy, ...cells, againstBest === undefined ? "–" : text(againstBest), meanDraft.toFixed(1)];
  });
  const head = ["prompts", "policy", ...lengths.map((length) => `${length}`), "auto against the best", "mean draft"];
  return markdownTable(head, body, 2);
}

/**
 * Whether "auto" is ever slower than plain decoding, or than the best fixed draft length: speeds on prompts that suit
 * the draft model and on prompts that do not. All lanes answer every prompt in turn, so that ratios hold on a noisy
 * machine.
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
import { median } from "./order.ts";
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
  /** How often everything is answered; each turn gives a ratio. */
  readonly turns: number;
  readonly progress?: ((done: number, all: number) => void) | undefined;
}

/** The median of the turns, and the lowest and the highest. */
export interface Ratio {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

export interface HostileRow {
  readonly set: string;
  readonly policy: string;
  readonly draftTokens: number | "auto";
  readonly tokensPerSecond: number;
  /** Tokens a second divided by those of plain decoding in the same turn. */
  readonly againstPlain: Ratio;
  /** Of "auto": tokens a second divided by those of the fixed length with the highest median. */
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

/** What a lane did in one turn. */
interface Turn {
  milliseconds: number;
  emitted: number;
  rounds: number;
  drafted: number;
  plain: number;
}

interface Lane {
  /** Undefined: plain decoding. */
  readonly policy: Policy | undefined;
  readonly draftTokens: number | "auto";
  readonly turns: Turn[];
}

/** Answers every prompt plainly, and under each policy with each fixed length and with "auto". */
export async function hostile(options: HostileOptions): Promise<HostileReport> {
  const { sets, policies, lengths, maxTokens, turns } = options;
  const rows: HostileRow[] = [];
  let done = 0;
  for (const [set, questions] of Object.entries(sets)) {
    const plain: Lane = { policy: undefined, draftTokens: 0, turns: [] };
    const drafting = policies.flatMap((policy) =>
      [...lengths, "auto" as const].map((draftTokens): Lane => ({ policy, draftTokens, turns: [] })),
    );
    const lanes = [plain, ...drafting];
    // Programs run slower at first.
    for (const lane of lanes) await answer(lane, questions[0] as string, options);
    for (let turn = 0; turn < turns; turn++) {
      for (const lane of lanes) lane.turns.push({ milliseconds: 0, emitted: 0, rounds: 0, drafted: 0, plain: 0 });
      for (const [at, question] of questions.entries()) {
        // Each lane runs first, second, … equally often.
        for (let next = 0; next < lanes.length; next++) {
          const lane = lanes[(at + turn + next) % lanes.length] as Lane;
          add(lane.turns[turn] as Turn, await answer(lane, question, options));
        }
        options.progress?.(++done, turns * Object.values(sets).flat().length);
      }
    }
    rows.push(...drafting.map((lane) => rowOf(set, lane, plain, drafting)));
  }
  const prompts = Object.fromEntries(Object.entries(sets).map(([set, questions]) => [set, questions.length]));
  return { prompts, maxTokens, turns, rows };
}

async function answer({ policy, draftTokens }: Lane, question: string, options: HostileOptions): Promise<Turn> {
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

function add(turn: Turn, more: Turn): void {
  for (const name of Object.keys(turn) as (keyof Turn)[]) turn[name] += more[name];
}

const speed = ({ emitted, milliseconds }: Turn): number => (1000 * emitted) / milliseconds;
const speeds = ({ turns }: Lane): number[] => turns.map(speed);

function rowOf(set: string, lane: Lane, plain: Lane, lanes: readonly Lane[]): HostileRow {
  const { policy, draftTokens, turns } = lane;
  const all: Turn = { milliseconds: 0, emitted: 0, rounds: 0, drafted: 0, plain: 0 };
  for (const turn of turns) add(all, turn);
  const fixed = lanes.filter((other) => other.policy === policy && other.draftTokens !== "auto");
  const best = fixed.sort((a, b) => median(speeds(b)) - median(speeds(a)))[0];
  return {
    ...{ set, policy: typeof policy === "string" ? policy : JSON.stringify(policy), draftTokens },
    tokensPerSecond: median(speeds(lane)),
    againstPlain: ratio(lane, plain),
    againstBest: draftTokens === "auto" && best !== undefined ? ratio(lane, best) : undefined,
    meanDraft: all.drafted / all.rounds,
    plainRounds: all.plain / all.rounds,
    tokensPerPass: all.emitted / all.rounds,
  };
}

function ratio(lane: Lane, other: Lane): Ratio {
  const ratios = speeds(lane).map((tokens, turn) => tokens / speed(other.turns[turn] as Turn));
  return { median: median(ratios), low: Math.min(...ratios), high: Math.max(...ratios) };
}

/** A row for each set and policy: speeds against plain decoding of the fixed lengths and of "auto". */
export function hostileTable({ rows }: HostileReport): string {
  const lengths = [...new Set(rows.map(({ draftTokens }) => draftTokens))];
  const lines = Map.groupBy(rows, ({ set, policy }) => JSON.stringify([set, policy]));
  const text = ({ median, low, high }: Ratio) => `${median.toFixed(2)} (${low.toFixed(2)} – ${high.toFixed(2)})`;
  const body = [...lines.values()].map((line) => {
    const of = (length: number | "auto") => line.find(({ draftTokens }) => draftTokens === length) as HostileRow;
    const auto = of("auto");
    const { set, policy } = auto;
    const cells = lengths.map((length) =>
      length === "auto" ? text(auto.againstPlain) : of(length).againstPlain.median.toFixed(2),
    );
    return [
      set,
      policy,
      ...cells,
      auto.againstBest === undefined ? "–" : text(auto.againstBest),
      auto.meanDraft.toFixed(1),
    ];
  });
  const head = ["prompts", "policy", ...lengths.map((length) => `${length}`), "auto against the best", "mean draft"];
  return markdownTable(head, body, 2);
}

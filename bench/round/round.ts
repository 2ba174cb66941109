/** What a round costs, part by part, against the same runs of ONNX Runtime alone. */
import type { Token } from "@lenity/core";
import { loadPair, replyTimes } from "@lenity/onnx";
import type { Machine } from "../machine.ts";
import { lowerQuartile } from "../order.ts";
import { markdownTable } from "../table.ts";
import { type BareRuns, bareRuns } from "./bare-runs.ts";
import { type Breakdown, breakdown } from "./breakdown.ts";
import { captureRounds } from "./capture.ts";
import type { RoundSetting } from "./setting.ts";

export interface RoundOptions {
  readonly settings: readonly RoundSetting[];
  readonly prompts: readonly (readonly Token[])[];
  readonly maxTokens: number;
  /** How many times each setting is loaded. */
  readonly turns: number;
  readonly progress?: ((done: number, all: number) => void) | undefined;
}

/**
 * Milliseconds: lower quartiles over answers and repeats, because other programs can only add to them. So the parts may
 * not add up to the whole.
 */
export interface RoundRow extends Breakdown {
  readonly weights: string;
  readonly rule: string;
  readonly threads: number;
  readonly bare: { readonly [order in keyof BareRuns]: number };
  /** The bare runs alone, divided by the whole. */
  readonly ofIdeal: number;
}

export interface RoundReport {
  readonly machine: Machine;
  readonly problems: number;
  readonly turns: number;
  readonly rows: readonly RoundRow[];
  /** Weights that were not measured, and why. */
  readonly missing: readonly { readonly weights: string; readonly reason: string }[];
}

/** How many tokens of an answer are run again alone, so that the inputs of plain decoding fit the memory. */
const mostCaptured = 32;
/** How often. */
const repeats = 5;

interface Measured {
  readonly setting: RoundSetting;
  readonly parts: Breakdown[];
  readonly bare: BareRuns[];
}

/** Measures every setting in turn. One pair is loaded at a time, because its threads would take cores from another. */
export async function round(options: RoundOptions): Promise<RoundRow[]> {
  const { settings, prompts, maxTokens, turns } = options;
  const all = settings.map((setting): Measured => ({ setting, parts: [], bare: [] }));
  for (let turn = 0; turn < turns; turn++) {
    for (const [i, { setting, parts, bare }] of all.entries()) {
      const prompt = prompts[turn % prompts.length] ?? [];
      const captured = await captureRounds(setting, prompt, Math.min(maxTokens, mostCaptured));
      parts.push(...(await answerAll(setting, options)));
      bare.push(await bareRuns(captured, setting.target, repeats));
      options.progress?.(turn * all.length + i + 1, turns * all.length);
    }
  }
  return all.map(rowOf);
}

async function answerAll(
  { target, draft, threads, rule }: RoundSetting,
  { prompts, maxTokens }: RoundOptions,
): Promise<Breakdown[]> {
  const ignore = () => {};
  replyTimes.subscribe(ignore);
  try {
    const pair = await loadPair(target, draft, { threads, cacheBytes: 0 });
    try {
      const parts: Breakdown[] = [];
      // The first answer only warms up.
      for (const prompt of [prompts[0] ?? [], ...prompts]) {
        const speculation = rule.verifier && { drafter: pair.drafter(), verifier: rule.verifier() };
        parts.push(
          await breakdown({
            ...pair,
            drafter: undefined,
            ...speculation,
            prompt,
            maxTokens,
            draftTokens: rule.draftTokens,
          }),
        );
      }
      return parts.slice(1);
    } finally {
      await pair.close();
    }
  } finally {
    replyTimes.unsubscribe(ignore);
  }
}

function rowOf({ setting, parts, bare }: Measured): RoundRow {
  const part = (name: keyof Breakdown) => lowerQuartile(parts.map((one) => one[name]));
  const alone = (order: keyof BareRuns) => lowerQuartile(bare.flatMap((one) => one[order]));
  const whole = part("whole");
  const runs = { draft: alone("draft"), target: alone("target"), alternating: alone("alternating") };
  return {
    ...{ weights: setting.weights, rule: setting.rule.label, threads: setting.threads },
    ...{ draft: part("draft"), target: part("target"), messages: part("messages"), workers: part("workers") },
    ...{ rest: part("rest"), whole, bare: runs },
    ofIdeal: (runs.draft + runs.target) / whole,
  };
}

/** The report as a Markdown table, in milliseconds. */
export function roundTable({ rows }: Pick<RoundReport, "rows">): string {
  const time = (milliseconds: number) => milliseconds.toFixed(2);
  const body = rows.map((row) => [
    `${row.weights} ${row.rule} t${row.threads}`,
    ...[row.draft, row.target, row.messages, row.workers, row.rest, row.whole].map(time),
    `${time(row.bare.draft)} + ${time(row.bare.target)}`,
    time(row.bare.alternating),
    `${(100 * row.ofIdeal).toFixed(0)} %`,
  ]);
  return markdownTable(
    [
      ...["", "draft run", "target run", "messages", "JS in workers", "text, rest", "whole"],
      ...["bare runs alone", "bare, alternating", "of ideal"],
    ],
    body,
  );
}

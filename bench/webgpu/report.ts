/** The figures of `lenity bench webgpu` and their tables. */
import type { Machine } from "../machine.ts";
import { roundingGap } from "../race/texts.ts";
import type { SizesReport } from "../sizes/report.ts";
import { sizesTable } from "../sizes/sizes-table.ts";
import { markdownTable } from "../table.ts";
import type { AnswerRow } from "./answers.ts";
import type { BlockAgreement } from "./blocks.ts";
import type { Card } from "./card.ts";
import type { PairResult } from "./pair.ts";

/** Where and when a part was measured. */
interface Measured {
  readonly machine: Machine;
  /** Undefined where nvidia-smi tells of no card. */
  readonly card: Card | undefined;
  readonly device: string;
}

/** The built-in pair. */
export interface PairPart extends Measured, PairResult {
  readonly weights: string;
  readonly problems: number;
  readonly turns: number;
  readonly maxTokens: number;
}

/** Models of published shapes with random weights. */
export interface ShapesPart extends Measured, SizesReport {
  /** Files that were not measured, and why. */
  readonly missing: readonly { readonly file: string; readonly reason: string }[];
}

/** Each part is there if it was measured. */
export interface WebgpuReport {
  readonly pair?: PairPart | undefined;
  readonly shapes?: ShapesPart | undefined;
}

/** What was measured, as Markdown. */
export function webgpuTable({ pair, shapes }: WebgpuReport): string {
  return [
    ...(pair === undefined ? [] : [blocksText(pair.blocks), ...answersTables(pair), placeText(pair)]),
    ...(shapes === undefined ? [] : [shapesText(shapes), placeText(shapes)]),
  ].join("\n\n");
}

/** How far the device is from the CPU, over all blocks. */
function blocksText(blocks: readonly BlockAgreement[]): string {
  const lengths = blocks.map(({ length }) => length);
  const total = (count: (block: BlockAgreement) => number) => blocks.reduce((sum, block) => sum + count(block), 0);
  const most = (values: readonly number[]) => Math.max(...values).toPrecision(2);
  const gaps = blocks.flatMap((block) => block.gaps);
  return [
    `Blocks of ${Math.min(...lengths)} to ${Math.max(...lengths)} tokens: logits differ from the CPU's by at most`,
    `${most(blocks.map(({ difference }) => difference))}, which is`,
    `${most(blocks.map(({ difference, span }) => (100 * difference) / span))} % of what they span. The best token is the`,
    `same in ${total(({ agreeing }) => agreeing)} of ${total(({ rows }) => rows)} rows${
      gaps.length === 0 ? "" : `; in the others the CPU's is better by at most ${most(gaps)}`
    }.`,
  ].join(" ");
}

function answersTables({ answers }: Pick<PairPart, "answers">): string[] {
  if (answers.length === 0) return [];
  const plain = (row: AnswerRow) => answers.find(({ place, policy }) => place === row.place && policy === "plain");
  const body = answers.map((row) => {
    const { place, policy, decode, firstTokens, tokensPerPass, draftedPerPass } = row;
    return [
      ...[place, policy, `${decode.median.toFixed(0)} (${decode.low.toFixed(0)} – ${decode.high.toFixed(0)})`],
      `${(decode.median / (plain(row)?.decode.median ?? Number.NaN)).toFixed(2)}×`,
      ...[`${firstTokens.median.toFixed(1)} ms`, tokensPerPass.toFixed(2), draftedPerPass.toFixed(1)],
      ...[`${row.equal} of ${row.answers}`, differencesText(row)],
    ];
  });
  const head = [
    ...["pair on", "policy", "tokens/s (quartiles)", "to plain there", "first tokens", "tokens / pass"],
    ...["drafted / pass", "same text as plain on the CPU", "differences"],
  ];
  return [markdownTable(head, body, 2)];
}

/** Whether rounding explains the differences. */
function differencesText({ policy, differences }: AnswerRow): string {
  if (differences.length === 0) return "none";
  if (policy !== "plain" && policy !== "strict") return "a lossy rule";
  const widest = Math.max(...differences.map(({ gap }) => Math.abs(gap)));
  const why = widest < roundingGap("lenity") ? "rounding" : "NOT EXPLAINED by rounding";
  return `${why}: logits at most ${widest.toExponential(1)} apart`;
}

function shapesText(shapes: ShapesPart): string {
  const missing = shapes.missing.map(({ file, reason }) => `${file} is missing: ${reason}`);
  return [...(shapes.rows.length === 0 ? [] : [sizesTable(shapes)]), ...missing].join("\n\n");
}

/** The card and the machine in a sentence. */
function placeText({ machine, card, device }: Measured): string {
  const { date, runtime, processor, cores, commit } = machine;
  const what = card === undefined ? `${device} on no NVIDIA card` : `${card.name}, driver ${card.driver}`;
  return `${date}, ${what}; ${processor} (${cores} cores), ${runtime}, lenity at ${commit ?? "an unknown commit"}.`;
}

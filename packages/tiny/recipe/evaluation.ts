/** The figures of the model card, as evaluate.ts writes them, and their table. */
import { markdownTable } from "../../../bench/table.ts";
import type { Side } from "../src/problem.ts";

/** Of greedy answers to problems of a family. */
export interface FamilyScore {
  /** The share of answers that are right. */
  readonly right: number;
  /** The share of answers that are right in every word. */
  readonly flawless: number;
  /** Mean tokens of an answer. */
  readonly tokens: number;
}

/** The sides that training does not see. */
export type Unseen = Exclude<Side, "train">;
export const unseen: readonly Unseen[] = ["held-out", "reworded"];

export interface Evaluation {
  /** Problems of each family on each side. */
  readonly problems: number;
  readonly seed: number;
  /** By the name of the model's folder and the family. */
  readonly models: Readonly<Record<string, Readonly<Record<string, Readonly<Record<Unseen, FamilyScore>>>>>>;
}

/** The mean of a number over the families of a model. */
export function meanOf(
  families: Evaluation["models"][string],
  side: Unseen,
  figure: keyof FamilyScore = "right",
): number {
  const values = Object.values(families).map((family) => family[side][figure]);
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

/** The table of the model card: a row for each family, one of means, and how many problems there were. */
export function evaluationTable({ problems, models }: Evaluation): string {
  const { target = {}, draft = {} } = models;
  const row = (name: string, score: (model: typeof target, side: Unseen, figure?: keyof FamilyScore) => number) => [
    name,
    ...[target, draft].flatMap((model) => unseen.map((side) => percent(score(model, side)))),
    percent(score(target, "held-out", "flawless")),
    score(target, "held-out", "tokens").toFixed(0),
  ];
  const table = markdownTable(
    [
      "family",
      ...["target", "draft"].flatMap((model) => [`${model}: new values`, `${model}: new wordings`]),
      "target: every word right",
      "tokens",
    ],
    [
      ...Object.keys(target).map((family) =>
        row(family, (model, side, figure = "right") => model[family]?.[side][figure] ?? Number.NaN),
      ),
      row("mean", meanOf),
    ],
    1,
  );
  return `${table}\n\n${problems} problems of each family, with new values and again in new wordings.`;
}

/** Answers the same problems under many settings. */
import { onnxDrafter } from "@lenity/onnx";
import { checkAnswer } from "@lenity/tiny/check";
import type { Problem } from "../../../packages/tiny/src/problem.ts";
import { answer } from "./answer.ts";
import type { AnswerRecord } from "./answer-record.ts";
import type { Models } from "./models.ts";
import { drawProblems, type ProblemSet } from "./problems.ts";
import { type RememberedDrafts, rememberedDrafts } from "./remembered-drafter.ts";
import { rememberedModel } from "./remembered-model.ts";
import type { DraftName, Setting } from "./setting.ts";
import type { Study } from "./study.ts";

export interface SweepOptions {
  readonly problems: ProblemSet;
  readonly settings: readonly Setting[];
  readonly temperature: number;
}

/** One problem's answers, by the setting's name. */
export interface Answered {
  readonly family: string;
  /** The kind of problem within the family. */
  readonly story: string;
  readonly answers: Readonly<Record<string, AnswerRecord>>;
}

/** The answers under a setting, in the order of the problems. Throws TypeError if the sweep does not have it. */
export const answersUnder = (answered: readonly Answered[], name: string): AnswerRecord[] =>
  answered.map(({ answers }) => {
    const answer = answers[name];
    if (answer === undefined) throw new TypeError(`The sweep has no setting ${name}.`);
    return answer;
  });

/**
 * Each problem is one piece of work: all settings answer it with the same models, which remember what they computed for
 * the others, and with the same seed.
 */
export function sweep({ problems, settings, temperature }: SweepOptions): Study<Answered> {
  let drawn: readonly Problem[] | undefined;
  return {
    count: problems.count,
    settings: { problems, settings, temperature },
    async run(index, models) {
      drawn ??= drawProblems(problems);
      return answerAll(drawn[index] as Problem, index, { settings, temperature, models });
    },
  };
}

async function answerAll(
  problem: Problem,
  seed: number,
  { settings, temperature, models }: Pick<SweepOptions, "settings" | "temperature"> & { readonly models: Models },
): Promise<Answered> {
  const target = rememberedModel(models.target);
  const drafts = new Map<DraftName, RememberedDrafts>();
  const draftsOf = (name: DraftName): RememberedDrafts => {
    const model = models.drafts[name];
    if (model === undefined) throw new TypeError(`The draft ${name} is not loaded.`);
    const known = drafts.get(name) ?? rememberedDrafts(model, onnxDrafter(model));
    drafts.set(name, known);
    return known;
  };
  const checked = new Map<string, Promise<boolean>>();
  const isRight = (text: string): Promise<boolean> => {
    const known = checked.get(text) ?? checkAnswer(problem, text);
    checked.set(text, known);
    return known;
  };
  try {
    const prompt = models.writer.write([{ role: "user", content: problem.question }]);
    const answers: Record<string, AnswerRecord> = {};
    for (const setting of settings) {
      const drafter = () => draftsOf(setting.draft ?? "plain").drafter();
      answers[setting.name] = await answer({ prompt, target, drafter, temperature, seed, isRight }, setting, models);
    }
    return { family: problem.family, story: problem.template.split("/")[0] as string, answers };
  } finally {
    await Promise.all([target.close(), ...[...drafts.values()].map((known) => known.close())]);
  }
}

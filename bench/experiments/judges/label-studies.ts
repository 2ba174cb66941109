/** Labelled tokens of problems: one study for each way to get labels. */
import type { Token } from "@lenity/core";
import { seeded } from "@lenity/core";
import { onnxDrafter } from "@lenity/onnx";
import { checkAnswer } from "@lenity/tiny/check";
import { draftedSpans, type LabelledAnswer, mineLabels, type Prompt, selfLabels } from "@lenity/train";
import { firstError, type Problem } from "../../../packages/tiny/src/problem.ts";
import { maxTokens } from "../harness/answer.ts";
import type { Models } from "../harness/models.ts";
import { drawProblems, type ProblemSet } from "../harness/problems.ts";
import type { Study } from "../harness/study.ts";

type Label = (problem: Problem, prompt: readonly Token[], models: Models, index: number) => Promise<LabelledAnswer>;

function labels(problems: ProblemSet, label: Label): Study<LabelledAnswer> {
  let drawn: readonly Problem[] | undefined;
  return {
    count: problems.count,
    settings: problems,
    async run(index, models) {
      drawn ??= drawProblems(problems);
      const problem = drawn[index] as Problem;
      const prompt = models.writer.write([{ role: "user", content: problem.question }]);
      return label(problem, prompt, models, index);
    },
  };
}

/** The options of every way to label. */
function optionsOf({ target, drafts, tokenizer, writer }: Models) {
  const draft = drafts.plain as NonNullable<typeof drafts.plain>;
  return { target, draft, tokenizer, control: writer.control, drafter: () => onnxDrafter(draft), maxTokens };
}

/** Spans of drafted answers (Judge Decoding): the generator of the problem knows where an answer becomes wrong. */
export const spans = (problems: ProblemSet): Study<LabelledAnswer> =>
  labels(problems, (problem, tokens, models, index) =>
    draftedSpans(
      { group: problem.family, tokens },
      {
        ...optionsOf(models),
        random: seeded(problems.seed + index),
        firstError: (text) => firstError(problem.answer, text),
      },
    ),
  );

/** The search for important tokens (AutoJudge): the problem's check says whether an answer is still right. */
export const mining = (problems: ProblemSet): Study<LabelledAnswer> =>
  labels(problems, (problem, tokens, models) =>
    mineLabels(promptOf(problem), tokens, { ...optionsOf(models), check: (text) => checkAnswer(problem, text) }),
  );

/** Labels by what the target thinks of the text that follows (SelfJudge). */
export const self = (problems: ProblemSet): Study<LabelledAnswer> =>
  labels(problems, (problem, tokens, models) => selfLabels(promptOf(problem), tokens, optionsOf(models)));

const promptOf = ({ question, family }: Problem): Prompt => ({ question, group: family, line: {} });

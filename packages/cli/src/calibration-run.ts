/** Answers the prompts of a calibration, and counts what the answers cost. */
import { chatWriter } from "@lenity/chat";
import { complete, type Sampling } from "@lenity/core";
import type { Speculation } from "@lenity/server";
import type { AnswerLoss, CalibrationStep, Prompt } from "@lenity/train";
import type { KeptAnswers } from "./kept-answers.ts";
import type { LoadedModels } from "./load-models.ts";
import type { ReportProgress } from "./progress.ts";

/** What a calibration needs of an answer. */
export interface KeptAnswer {
  readonly text: string;
  readonly emitted: number;
  readonly rounds: number;
  readonly relaxed: number;
}

export interface RunOptions {
  readonly models: LoadedModels;
  readonly prompts: readonly Prompt[];
  readonly sampling: Sampling;
  /** The first prompt's; each next one's is one higher. */
  readonly seed: number;
  readonly maxTokens: number;
  readonly loss: AnswerLoss;
  /** The answers that an earlier run has given. */
  readonly kept: KeptAnswers<KeptAnswer>;
  readonly strict: Speculation;
  /** By the value of the parameter. */
  readonly speculations: ReadonlyMap<number, Speculation>;
}

/** One line of the table: a value, or strict verification. */
export interface CalibrationRow extends Pick<CalibrationStep, "prompts" | "loss"> {
  /** Undefined for strict verification, and so are the results of the test. */
  readonly value?: number | undefined;
  readonly pValue?: number | undefined;
  readonly passed?: boolean | undefined;
  /** Emitted tokens per target pass. */
  readonly tokensPerPass: number;
  /** Accepted tokens that strict verification would have rejected, per answer. */
  readonly relaxedPerAnswer: number;
}

export interface CalibrationRun {
  /** The loss of a prompt under a value. Answers it, and the first time strictly as well. */
  loss(value: number, prompt: number, report: ReportProgress): Promise<number>;
  /** The table, once the values have been tested. */
  rows(steps: readonly CalibrationStep[]): CalibrationRow[];
}

export function calibrationRun(options: RunOptions): CalibrationRun {
  const { models, prompts, sampling, seed, maxTokens, kept, strict, speculations } = options;
  const { target, tokenizer } = models;
  const writer = chatWriter(models);
  const most = (speculations.size + 1) * prompts.length;
  const tallies = new Map<Speculation, Tally>();
  const strictTexts: string[] = [];
  let strictLoss = 0;

  const answered = async (speculation: Speculation, index: number): Promise<KeptAnswer> => {
    const { verifier, draftTokens, maxDraftTokens, createDrafter } = speculation;
    const prompt = writer.write([{ role: "user", content: (prompts[index] as Prompt).question }]);
    const { text, counters } = await complete(prompt, {
      ...{
        target,
        tokenizer,
        control: writer.control,
        verifier,
        drafter: createDrafter?.(),
        draftTokens,
        maxDraftTokens,
      },
      ...{ sampling, maxTokens, seed: seed + index },
    });
    const { emitted, rounds, relaxed } = counters;
    return { text, emitted, rounds, relaxed };
  };
  const answer = async (speculation: Speculation, index: number): Promise<string> => {
    const policy = JSON.stringify([speculation.policy, speculation.draftTokens]);
    let found = kept.get(policy, index);
    if (found === undefined) {
      found = await answered(speculation, index);
      await kept.add(policy, index, found);
    }
    tallies.set(speculation, added(tallies.get(speculation), found));
    return found.text;
  };

  return {
    async loss(value, index, report) {
      const prompt = prompts[index] as Prompt;
      report(kept.count, most);
      if (strictTexts.length === index) {
        const text = await answer(strict, index);
        strictTexts.push(text);
        strictLoss += await options.loss(text, prompt, text);
      }
      const text = await answer(speculations.get(value) as Speculation, index);
      report(kept.count, most);
      return options.loss(text, prompt, strictTexts[index] as string);
    },
    rows: (steps) => [
      { prompts: strictTexts.length, loss: strictLoss / strictTexts.length, ...figures(tallies.get(strict)) },
      ...steps.map((step) => ({ ...step, ...figures(tallies.get(speculations.get(step.value) as Speculation)) })),
    ],
  };
}

/** Sums over answers. */
interface Tally {
  readonly answers: number;
  readonly emitted: number;
  readonly rounds: number;
  readonly relaxed: number;
}

const none: Tally = { answers: 0, emitted: 0, rounds: 0, relaxed: 0 };

const added = (tally: Tally = none, { emitted, rounds, relaxed }: KeptAnswer): Tally => ({
  answers: tally.answers + 1,
  emitted: tally.emitted + emitted,
  rounds: tally.rounds + rounds,
  relaxed: tally.relaxed + relaxed,
});

const figures = ({ answers, emitted, rounds, relaxed }: Tally = none) => ({
  tokensPerPass: emitted / rounds,
  relaxedPerAnswer: relaxed / answers,
});

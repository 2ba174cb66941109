/** What each way to label does with a list of prompts. */
import { readFile } from "node:fs/promises";
import { type ChatWriter, chatWriter } from "@lenity/chat";
import { LenityError, type Token } from "@lenity/core";
import {
  answerCheck,
  chooseTau,
  defaultMaxTokens,
  defaultSuffix,
  defaultTau,
  type LabelledAnswer,
  type LabelMethod,
  type LabelOptions,
  mineLabels,
  type Prompt,
  parseLabels,
  selfLabels,
  spanAnswers,
} from "@lenity/train";
import type { LabelFlags } from "./label-flags.ts";
import type { LoadedModels } from "./load-models.ts";

export interface LabelJob {
  /** What the labels depend on, besides the models and the prompts. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** What is counted. */
  readonly what: string;
  readonly count: number;
  readonly label: (index: number) => Promise<LabelledAnswer>;
}

type CreateJob = (prompts: readonly Prompt[], models: LoadedModels, flags: LabelFlags) => Promise<LabelJob>;

/** The jobs by the way to label. */
export const labelJobs: Readonly<Record<LabelMethod, CreateJob>> = {
  async spans(prompts, models, { after = 0 }) {
    const writer = chatWriter(models);
    const options = { after, control: writer.control };
    const answers = prompts.flatMap((prompt) =>
      [...(prompt.right ?? []), ...(prompt.wrong ?? [])].map((_, at) => ({ prompt, at })),
    );
    return {
      settings: { after },
      what: "answers",
      count: answers.length,
      async label(index) {
        const { prompt, at } = answers[index] as (typeof answers)[number];
        return spanAnswers(prompt, write(writer, prompt), models.tokenizer, options)[at] as LabelledAnswer;
      },
    };
  },
  async mining(prompts, models, { answer = "number", maxTokens = defaultMaxTokens }) {
    const check = await answerCheck(answer);
    return eachPrompt(prompts, models, { answer, maxTokens }, (prompt, tokens, options) =>
      mineLabels(prompt, tokens, { ...options, check, maxTokens }),
    );
  },
  async self(prompts, models, { suffix = defaultSuffix, maxTokens = defaultMaxTokens, ...flags }) {
    const tau = flags.tauFrom === undefined ? (flags.tau ?? defaultTau) : await tauFrom(flags.tauFrom, models, suffix);
    return eachPrompt(prompts, models, { suffix, tau, maxTokens }, (prompt, tokens, options) =>
      selfLabels(prompt, tokens, { ...options, suffix, tau, maxTokens }),
    );
  },
};

/** A job with one answer of the target for each prompt. */
function eachPrompt(
  prompts: readonly Prompt[],
  models: LoadedModels,
  settings: LabelJob["settings"],
  label: (prompt: Prompt, tokens: readonly Token[], options: LabelOptions) => Promise<LabelledAnswer>,
): LabelJob {
  const { target, draft, tokenizer, drafters } = models;
  if (draft === undefined) {
    throw new LenityError(
      "invalid_request",
      "--mining and --self label where a draft model disagrees with the target, and there is none. Set --draft to its folder.",
    );
  }
  const writer = chatWriter(models);
  const options = { target, draft, tokenizer, drafter: drafters["model"], control: writer.control };
  return {
    settings,
    what: "prompts",
    count: prompts.length,
    label(index) {
      const prompt = prompts[index] as Prompt;
      return label(prompt, write(writer, prompt), { ...options, scope: `label ${index}` });
    },
  };
}

const write = (writer: ChatWriter, { question }: Prompt): Token[] =>
  writer.write([{ role: "user", content: question }]);

/** τ from labels that `--mining` has written. */
async function tauFrom(file: string, { id, target }: LoadedModels, suffix: number): Promise<number> {
  const { source, answers } = parseLabels(await readFile(file, "utf8"), file);
  if (source.method !== "mining" || source.target !== id) {
    throw new LenityError(
      "invalid_request",
      `${file} has labels of ${source.target} from --${source.method}; expected labels of ${id} from --mining.`,
    );
  }
  const tau = await chooseTau(answers, { target, suffix });
  console.error(`lenity: τ is ${tau}.`);
  return tau;
}

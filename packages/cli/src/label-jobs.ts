/** What each way to label does with a list of prompts. */
import { readFile } from "node:fs/promises";
import { chatWriter } from "@lenity/chat";
import { LenityError, type Token } from "@lenity/core";
import { quoted } from "@lenity/core/internal";
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
    const { tokenizer } = models;
    const { written, control } = writeAll(prompts, models);
    const answers = prompts.flatMap((prompt, index) => {
      const { question, right = [], wrong = [] } = prompt;
      if (right.length === 0)
        throw invalid(`--spans needs right answers, and the prompt ${quoted(question)} has none.`);
      return [...right, ...wrong].map((_, at) => ({ prompt, tokens: written[index] as readonly Token[], at }));
    });
    return {
      settings: { after },
      what: "answers",
      count: answers.length,
      async label(index) {
        const { prompt, tokens, at } = answers[index] as (typeof answers)[number];
        return spanAnswers(prompt, tokens, tokenizer, { after, control })[at] as LabelledAnswer;
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
  if (draft === undefined)
    throw invalid(
      "--mining and --self label where a draft model disagrees with the target. Set --draft to its folder.",
    );
  const { written, control } = writeAll(prompts, models);
  const options = { target, draft, tokenizer, drafter: drafters["model"], control };
  return {
    settings,
    what: "prompts",
    count: prompts.length,
    label: (index) => {
      const tokens = written[index] as readonly Token[];
      return label(prompts[index] as Prompt, tokens, { ...options, scope: `label ${index}` });
    },
  };
}

/** The tokens of all prompts, as the chat template writes them, and the template's control tokens. */
function writeAll(
  prompts: readonly Prompt[],
  models: LoadedModels,
): { readonly written: readonly (readonly Token[])[]; readonly control: ReadonlySet<Token> } {
  const { id, target } = models;
  const writer = chatWriter(models);
  const written = prompts.map(({ question }) => {
    const tokens = writer.write([{ role: "user", content: question }]);
    if (tokens.length < target.contextLength) return tokens;
    // Found now, because a file that is then changed can no longer be continued.
    throw new LenityError(
      "context_full",
      `The prompt ${quoted(question)} has ${tokens.length} tokens; ${id} holds ${target.contextLength} with the answer. Remove it from the file.`,
    );
  });
  return { written, control: writer.control };
}

const invalid = (message: string): LenityError => new LenityError("invalid_request", message);

/** τ from labels that `--mining` has written. */
async function tauFrom(file: string, { id, target }: LoadedModels, suffix: number): Promise<number> {
  const { source, answers } = parseLabels(await readFile(file, "utf8"), file);
  if (source.method !== "mining" || source.target !== id) {
    const found = `${file} has labels of ${source.target} from --${source.method}`;
    throw invalid(`${found}; expected labels of ${id} from --mining.`);
  }
  const tau = await chooseTau(answers, { target, suffix });
  console.error(`lenity: τ is ${tau}.`);
  return tau;
}

/** Runs the models over labelled answers and reads what they make of each labelled token. */
import { type HeadStates, type LanguageModel, LenityError } from "@lenity/core";
import type { Example } from "./example.ts";
import type { LabelledAnswer } from "./labels.ts";
import { type Numbers, readAnswer, type Source } from "./read-answer.ts";

/** What the models make of the labels of one answer. */
export interface Reading {
  /** One for each label. */
  readonly numbers: readonly Numbers[];
  /** Their hidden states, [labels, width]. */
  readonly states: Float32Array;
}

/** The readings of a run that was ended, by the answer's index, for one that goes on. */
export interface KeptReadings {
  get(answer: number): Reading | undefined;
  add(answer: number, reading: Reading): Promise<void>;
}

export interface ExampleOptions extends HeadStates {
  readonly target: LanguageModel;
  /** Needed for its hidden states and for `Example.kl`. Its rows must be as long as the target's. */
  readonly draft?: LanguageModel | undefined;
  /** Called after each answer. */
  readonly progress?: ((done: number, all: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Answers in it are not run again. They must have been read with the same models and states. */
  readonly kept?: KeptReadings | undefined;
}

/**
 * One example per label, in order. Throws `unsupported` if a model lacks the hidden states or cannot read the tokens,
 * and `context_full` if an answer does not fit.
 */
export async function readExamples(answers: readonly LabelledAnswer[], options: ExampleOptions): Promise<Example[]> {
  const models = modelsOf(options);
  for (const { model } of models) for (const answer of answers) checkReadable(model, answer);
  const width = models.reduce((sum, { width }) => sum + width, 0);
  const count = answers.reduce((sum, { labels }) => sum + labels.length, 0);
  const states = new Float32Array(width * count);
  const prompts = new Map<string, number>();
  const examples: Example[] = [];
  for (const [done, answer] of answers.entries()) {
    const key = answer.prompt.join();
    const prompt = prompts.get(key) ?? prompts.size;
    prompts.set(key, prompt);
    const from = width * examples.length;
    const own = states.subarray(from, from + width * answer.labels.length);
    const known = options.kept?.get(done);
    if (known !== undefined) own.set(known.states);
    const numbers = known?.numbers ?? (await readAnswer(answer, models, own, options.signal));
    if (known === undefined) await options.kept?.add(done, { numbers, states: own });
    for (const each of numbers) {
      const { length } = examples;
      const state = states.subarray(width * length, width * (length + 1));
      examples.push({ ...each, state, group: answer.group, prompt });
    }
    options.progress?.(done + 1, answers.length);
  }
  return examples;
}

/** The target, and the draft if there is one. */
function modelsOf({ target, draft, features = "target", hidden, draftHidden = hidden }: ExampleOptions): Source[] {
  if (draft === undefined && features !== "target")
    throw new LenityError("unsupported", `The features "${features}" need a draft model, and there is none.`);
  if (draft !== undefined && draft.vocabulary !== target.vocabulary)
    throw new LenityError(
      "unsupported",
      `The rows of ${draft.name} have ${draft.vocabulary} tokens, those of ${target.name} ${target.vocabulary}. Align the draft with the target.`,
    );
  const own = sourceOf(target, features === "draft" ? undefined : hidden, 0);
  if (draft === undefined) return [own];
  return [own, sourceOf(draft, features === "target" ? undefined : draftHidden, own.width)];
}

function sourceOf(model: LanguageModel, kind: Source["kind"], offset: number): Source {
  if (kind === undefined) return { model, kind, offset, width: 0 };
  const width = model.hidden[kind];
  if (width !== undefined) return { model, kind, offset, width };
  const kinds = Object.keys(model.hidden).join(", ");
  throw new LenityError(
    "unsupported",
    `${model.name} returns no ${kind} hidden states. Choose one of those it returns: ${kinds === "" ? "none" : kinds}.`,
  );
}

function checkReadable(model: LanguageModel, { prompt, answer, labels }: LabelledAnswer): void {
  const { name, contextLength, readable = model.vocabulary } = model;
  const length = prompt.length + answer.length;
  if (length > contextLength)
    throw new LenityError(
      "context_full",
      `A labelled answer has ${length} tokens with its prompt, but ${name} holds ${contextLength}. Use a longer context, or remove the answer.`,
    );
  const token = [...prompt, ...answer, ...labels.map(({ token }) => token)].find((token) => token >= readable);
  if (token !== undefined)
    throw new LenityError("unsupported", `The labels contain the token ${token}, which ${name} cannot read.`);
}

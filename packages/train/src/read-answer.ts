/** Runs the models over one labelled answer. */
import {
  type Evidence,
  greedy,
  type HiddenKind,
  type LanguageModel,
  logitsEvidence,
  type Scores,
  type Session,
  type Token,
} from "@lenity/core";
import type { Example } from "./example.ts";
import type { LabelledAnswer } from "./labels.ts";

/** A model to run, and where its hidden states go in the state of an example. */
export interface Source {
  readonly model: LanguageModel;
  /** Undefined if only its rows are read. */
  readonly kind: HiddenKind | undefined;
  readonly offset: number;
  /** 0 if only its rows are read. */
  readonly width: number;
}

/** What is read at a label, other than its state. */
export type Numbers = Pick<Example, "fine" | "same" | "kl" | "entropy" | "margin">;

/** Positions that run at a time: their logits are in memory together. */
const blockLength = 64;

/**
 * Reads the labels of an answer, in order; their states are written to `states`, [labels, width]. `models` are the
 * target and perhaps the draft. The answer is run once, in blocks; then each token that replaces one of the answer is
 * run after what precedes it, from the last to the first. Row i tests token i + 1, and state i is that at token i.
 */
export async function readAnswer(
  { prompt, answer, labels }: LabelledAnswer,
  models: readonly Source[],
  states: Float32Array,
  signal: AbortSignal | undefined,
): Promise<Numbers[]> {
  if (labels.length === 0) return [];
  const sessions = await Promise.all(models.map(({ model }) => model.open()));
  const run = (tokens: readonly Token[], scored = true) =>
    both(sessions, (session, i) =>
      session.append(tokens, scored ? { hidden: models[i]?.kind, signal } : { rows: 0, signal }),
    );
  const keep = (label: number, scores: readonly Scores[], row: number) => {
    for (const [i, { width, offset }] of models.entries()) {
      const state = scores[i]?.hidden?.subarray(row * width, (row + 1) * width) ?? [];
      states.set(state, (label * states.length) / labels.length + offset);
    }
  };
  try {
    const numbers: Numbers[] = [];
    const places = labels.map(({ at }) => prompt.length + at);
    const start = Math.min(...places) - 1;
    const tokens = [...prompt, ...answer].slice(0, Math.max(...places) + 1);
    if (start > 0) await run(tokens.slice(0, start), false);
    for (let from = start; from < tokens.length; from += blockLength) {
      const block = tokens.slice(from, from + blockLength);
      const scores = await run(block);
      const [target, draft] = models.map(({ model }, i) =>
        logitsEvidence(scores[i]?.logits as Float32Array, model.vocabulary, greedy, model),
      );
      for (const [i, { token, fine }] of labels.entries()) {
        const row = (places[i] as number) - from;
        if (block[row] === token) keep(i, scores, row);
        if (row > 0 && row <= block.length) numbers[i] = numbersOf(row - 1, token, fine, target as Evidence, draft);
      }
    }
    const replaced = labels.keys().filter((i) => tokens[places[i] as number] !== labels[i]?.token);
    for (const i of [...replaced].sort((a, b) => (places[b] as number) - (places[a] as number))) {
      await both(sessions, async (session) => session.rewind(places[i] as number));
      keep(i, await run([labels[i]?.token as Token]), 0);
    }
    return numbers;
  } finally {
    await both(sessions, async (session) => session.close());
  }
}

/** The numbers of the row that tests the token. */
function numbersOf(row: number, token: Token, fine: boolean, target: Evidence, draft: Evidence | undefined): Numbers {
  return {
    fine,
    same: target.argmax(row) === token,
    kl: draft === undefined ? Number.NaN : target.divergence(row, draft, "kl", "raw"),
    entropy: target.entropy(row, "raw"),
    margin: marginOf(target.logits(row)),
  };
}

/** The distance of the two highest logits, which is that of their log-probabilities. */
function marginOf(logits: Float32Array): number {
  let [first, second] = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const logit of logits) {
    if (logit > first) [second, first] = [first, logit];
    else if (logit > second) second = logit;
  }
  return first - second;
}

/** Does the same with each session, at the same time. */
const both = <T>(sessions: readonly Session[], act: (session: Session, i: number) => Promise<T>): Promise<T[]> =>
  Promise.all(sessions.map(act));

import type { ChatWriter } from "@lenity/chat";
import { LenityError, type Registry } from "@lenity/core";
import { type Answered, answer } from "../answer.ts";
import type { ServedModels } from "../load-models.ts";
import { type TokenColors, tokenColors } from "../token-colors.ts";
import type { ChatSettings } from "./settings.ts";
import { addAnswer, noAnswers, type Totals } from "./totals.ts";
import { messagesOf, type Turn } from "./turns.ts";

/** A conversation. */
export interface Talk {
  readonly settings: ChatSettings;
  /** What has been said, and goes into the next prompt. */
  readonly turns: readonly Turn[];
  readonly totals: Totals;
  readonly colors: TokenColors;
  /** The policies to choose from. */
  readonly registry: Registry;
  /** The most tokens of the whole conversation. */
  readonly contextLength: number;
  /**
   * Answers a question after all that has been said, and prints the answer as it comes, colored if a person reads it.
   * An answer that the signal stops is kept as far as it came; without any text the question is dropped. Throws
   * `context_full` if the conversation does not fit the model, and what `generate` throws. Then nothing is kept.
   */
  ask(question: string, how: AskOptions): Promise<Answered>;
  /** Takes back the last question and its answer. Undefined if there is none. */
  undo(): Turn | undefined;
  /** Answers the last question again in place of its answer. Whatever fails leaves the old answer. Undefined: none. */
  retry(how: AskOptions): Promise<Answered | undefined>;
  /** Forgets all that has been said. */
  clear(): void;
}

export interface AskOptions {
  readonly colored: boolean;
  readonly signal?: AbortSignal | undefined;
}

export function createTalk(models: ServedModels, writer: ChatWriter, settings: ChatSettings): Talk {
  let turns: readonly Turn[] = [];
  let totals = noAnswers;
  const colors = tokenColors();
  const { contextLength } = models.target;

  async function ask(question: string, earlier: readonly Turn[], { colored, signal }: AskOptions): Promise<Answered> {
    const { options, speculation } = settings;
    const tokens = await writer.writeAsync(messagesOf(options.system, earlier, question)).catch(adviceIfFull);
    const prompt = { tokens, control: writer.control, continues: false };
    const shown = colored || options.trace === true ? colors : undefined;
    const answered = await answer(models, prompt, { speculation, options, colors: shown, signal });
    totals = addAnswer(totals, answered);
    const { text, answer: finished } = answered;
    if (text !== "" || finished?.reason === "stop")
      turns = [...earlier, { question, answer: text, stopped: finished === undefined }];
    return answered;
  }

  return {
    settings,
    colors,
    registry: models.registry,
    contextLength,
    get turns() {
      return turns;
    },
    get totals() {
      return totals;
    },
    ask: (question, how) => ask(question, turns, how),
    undo() {
      const last = turns.at(-1);
      turns = turns.slice(0, -1);
      return last;
    },
    async retry(how) {
      const last = turns.at(-1);
      return last && ask(last.question, turns.slice(0, -1), how);
    },
    clear() {
      turns = [];
    },
  };
}

/** Says what helps in a conversation, where the prompt is not what the person has just typed. */
function adviceIfFull(error: unknown): never {
  if (!(error instanceof LenityError) || error.code !== "context_full") throw error;
  const message = `${error.message} Or drop what was said: /undo drops the last question, /clear all of them.`;
  throw new LenityError("context_full", message, { path: error.path, cause: error });
}

import type { ChatMessage } from "@lenity/chat";

/** A question and its answer. */
export interface Turn {
  readonly question: string;
  readonly answer: string;
  /** Whether the answer was stopped, so that it goes only as far as it came. */
  readonly stopped: boolean;
}

/** The messages of a conversation that ends with a question. */
export const messagesOf = (
  system: string | undefined,
  turns: readonly Turn[],
  question: string,
): readonly ChatMessage[] => [
  ...(system === undefined ? [] : [{ role: "system", content: system }]),
  ...turns.flatMap(({ question, answer }) => [
    { role: "user", content: question },
    { role: "assistant", content: answer },
  ]),
  { role: "user", content: question },
];

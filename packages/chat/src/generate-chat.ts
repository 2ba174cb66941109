import { type Answer, type GenerateEvent, type GenerateOptions, generate } from "@lenity/core";
import { closing } from "@lenity/core/internal";
import type { AnswerEvent, AnswerMessage } from "./answer/answer-event.ts";
import { answerMessage, answerReader } from "./answer/answer-reader.ts";
import type { ChatMessage } from "./chat-message.ts";
import type { ChatWriter, WriteOptions } from "./chat-writer.ts";

/** The options of `generate`, with a writer instead of those that it provides. */
export interface ChatOptions extends Omit<GenerateOptions, "tokenizer" | "control" | "continues">, WriteOptions {
  readonly writer: ChatWriter;
}

/** An answer, taken apart. Its `text` is all that the model wrote, with reasoning, calls and their marks. */
export interface ChatAnswer extends Answer {
  readonly message: AnswerMessage;
}

/** An event of `generate`, with what the text says: reasoning, content and calls. */
export type ChatEvent =
  | (Extract<GenerateEvent, { type: "delta" }> & { readonly parts: readonly AnswerEvent[] })
  | { readonly type: "finish"; readonly answer: ChatAnswer };

/**
 * `generate` for messages: yields the text and the tokens of each round, then the whole answer. Calls are read if there
 * are tools. Throws the errors of `writer.writeAsync` and `generate`. Always closes the drafter.
 */
export function generateChat(
  messages: readonly ChatMessage[],
  { writer, tools, ...options }: ChatOptions,
): AsyncGenerator<ChatEvent, void, undefined> {
  let started = false;
  async function* answering(): AsyncGenerator<ChatEvent, void, undefined> {
    const prompt = await writer.writeAsync(messages, { tools });
    const control = new Set([...writer.control, ...options.target.eos]);
    const calls = (tools ?? []).length > 0 ? writer.form.calls : undefined;
    const reader = answerReader({ calls, reasoning: writer.reasoningAfter(prompt) });
    const all: AnswerEvent[] = [];
    const read = (parts: AnswerEvent[]): AnswerEvent[] => {
      all.push(...parts);
      return parts;
    };
    started = true;
    for await (const event of generate(prompt, { ...options, tokenizer: writer.answerTokenizer, control })) {
      if (event.type === "delta") yield { ...event, parts: read(reader.push(event.text)) };
      else {
        const parts = read(reader.end());
        if (parts.length > 0) yield { type: "delta", text: "", tokens: [], parts };
        yield { type: "finish", answer: { ...event.answer, message: answerMessage(all) } };
      }
    }
  }
  // Once it has started, `generate` closes the drafter.
  return closing(answering(), () => (started ? undefined : options.drafter?.close()));
}

/** Resolves to the whole answer to messages. */
export async function completeChat(messages: readonly ChatMessage[], options: ChatOptions): Promise<ChatAnswer> {
  for await (const event of generateChat(messages, options)) if (event.type === "finish") return event.answer;
  throw new Error("generateChat() ended without an answer.");
}

import { type Answer, type GenerateEvent, type GenerateOptions, generate } from "@lenity/core";
import { closing } from "@lenity/core/internal";
import type { ChatMessage } from "./chat-message.ts";
import type { ChatWriter, WriteOptions } from "./chat-writer.ts";

/** The options of `generate`, with a writer instead of those that it provides. */
export interface ChatOptions extends Omit<GenerateOptions, "tokenizer" | "control" | "continues">, WriteOptions {
  readonly writer: ChatWriter;
}

/**
 * `generate` for messages: yields the text and the tokens of each round, then the whole answer. Throws the errors of
 * `writer.writeAsync` and `generate`. Always closes the drafter.
 */
export function generateChat(
  messages: readonly ChatMessage[],
  { writer, tools, ...options }: ChatOptions,
): AsyncGenerator<GenerateEvent, void, undefined> {
  let started = false;
  async function* answering(): AsyncGenerator<GenerateEvent, void, undefined> {
    const prompt = await writer.writeAsync(messages, { tools });
    const control = new Set([...writer.control, ...options.target.eos]);
    started = true;
    yield* generate(prompt, { ...options, tokenizer: writer.tokenizer, control });
  }
  // Once it has started, `generate` closes the drafter.
  return closing(answering(), () => (started ? undefined : options.drafter?.close()));
}

/** Resolves to the whole answer to messages. */
export async function completeChat(messages: readonly ChatMessage[], options: ChatOptions): Promise<Answer> {
  for await (const event of generateChat(messages, options)) if (event.type === "finish") return event.answer;
  throw new Error("generateChat() ended without an answer.");
}

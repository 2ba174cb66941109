import { type Answer, type GenerateEvent, type GenerateOptions, generate } from "@lenity/core";
import { closing } from "@lenity/core/internal";
import type { ChatMessage } from "./chat-message.ts";
import type { ChatWriter, WriteOptions } from "./chat-writer.ts";

/** The options of `generate`, with a writer in place of what follows from it. */
export interface ChatOptions extends Omit<GenerateOptions, "tokenizer" | "control" | "continues">, WriteOptions {
  readonly writer: ChatWriter;
}

/**
 * `generate` for messages: yields the text and the tokens of each round, then the whole answer. Fails as
 * `writer.writeAsync` and `generate` do, and closes the drafter in any case.
 */
export function generateChat(
  messages: readonly ChatMessage[],
  { writer, tools, ...options }: ChatOptions,
): AsyncGenerator<GenerateEvent, void, undefined> {
  let begun = false;
  async function* answering(): AsyncGenerator<GenerateEvent, void, undefined> {
    const prompt = await writer.writeAsync(messages, { tools });
    const control = new Set([...writer.control, ...options.target.eos]);
    begun = true;
    yield* generate(prompt, { ...options, tokenizer: writer.tokenizer, control });
  }
  // Once it has begun, `generate` closes the drafter.
  return closing(answering(), () => (begun ? undefined : options.drafter?.close()));
}

/** The whole answer to messages at once. */
export async function completeChat(messages: readonly ChatMessage[], options: ChatOptions): Promise<Answer> {
  for await (const event of generateChat(messages, options)) if (event.type === "finish") return event.answer;
  throw new Error("generateChat() ended without an answer.");
}

import { type ChatMessage, promptWriter } from "@lenity/server";
import { type AnswerOptions, answer } from "./answer.ts";
import { openEngine } from "./load-models.ts";
import { eachQuestion } from "./questions.ts";

export interface ChatOptions extends AnswerOptions {
  readonly system?: string | undefined;
}

/** `lenity chat`: one answer, or a conversation at a terminal. */
export async function chat(question: string | undefined, options: ChatOptions): Promise<void> {
  const engine = await openEngine(options, "messages");
  try {
    engine.registry.create(options.policy); // a misspelt policy is told before the first question
    const write = promptWriter(engine);
    const messages: ChatMessage[] = options.system === undefined ? [] : [{ role: "system", content: options.system }];
    await eachQuestion(question, "you", async (asked) => {
      messages.push({ role: "user", content: question === undefined ? asked.trim() : asked });
      const prompt = { tokens: write(messages), control: write.control, continues: false };
      messages.push({ role: "assistant", content: await answer(engine, prompt, options) });
    });
  } finally {
    await engine.close();
  }
}

import { type ChatMessage, chatWriter } from "@lenity/chat";
import { chosenSpeculation } from "@lenity/server";
import { type AnswerOptions, answer } from "./answer.ts";
import { loadModels } from "./load-models.ts";
import { eachQuestion } from "./questions.ts";

export interface ChatOptions extends AnswerOptions {
  readonly system?: string | undefined;
}

/** `lenity chat`: one answer, or a conversation at a terminal. */
export async function chat(question: string | undefined, options: ChatOptions): Promise<void> {
  const models = await loadModels(options, "messages");
  try {
    const speculation = chosenSpeculation(options, models); // report a misspelt policy before the first question
    const writer = chatWriter(models);
    const messages: ChatMessage[] = options.system === undefined ? [] : [{ role: "system", content: options.system }];
    await eachQuestion(question, "you", async (asked) => {
      messages.push({ role: "user", content: question === undefined ? asked.trim() : asked });
      const prompt = { tokens: writer.write(messages), control: writer.control, continues: false };
      messages.push({ role: "assistant", content: await answer(models, prompt, speculation, options) });
    });
  } finally {
    await models.close();
  }
}

import { chatWriter } from "@lenity/chat";
import { atTerminal, eachOf } from "../input/each-text.ts";
import { pipedInput } from "../input/piped-input.ts";
import { terminalInput } from "../input/terminal-input.ts";
import { loadServed } from "../load-served.ts";
import { singleAnswer } from "../single-answer.ts";
import { runInput } from "./run-input.ts";
import { type ChatOptions, chatSettings } from "./settings.ts";
import { createTalk } from "./talk.ts";
import { messagesOf } from "./turns.ts";
import { greet } from "./words.ts";

/** `lenity chat`: one answer, or a conversation with a person at a terminal or with the lines of a file. */
export async function chat(question: string | undefined, options: ChatOptions): Promise<void> {
  const models = await loadServed(options, "messages");
  try {
    const settings = chatSettings(options, models); // report a misspelt policy before the first question
    const writer = chatWriter(models);
    if (question !== undefined) {
      const tokens = await writer.writeAsync(messagesOf(options.system, [], question));
      const prompt = { tokens, control: writer.control, continues: false };
      return await singleAnswer(models, prompt, { speculation: settings.speculation, options });
    }
    const talk = createTalk(models, writer, settings);
    if (atTerminal()) greet(settings);
    await eachOf(atTerminal() ? terminalInput("you") : pipedInput(), (text, input) => runInput(text, talk, input));
  } finally {
    await models.close();
  }
}

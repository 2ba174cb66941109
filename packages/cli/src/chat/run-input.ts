import { fail, failureText } from "../failure.ts";
import type { Input } from "../input/input.ts";
import type { CommandContext } from "./command.ts";
import { commandOf } from "./commands.ts";
import type { Talk } from "./talk.ts";
import { noteAnswer, tell } from "./words.ts";

/**
 * Answers a question, or carries out a command. What is wrong with either is told, and the conversation goes on; the
 * exit status is 1 in the end if no person was there to put it right.
 */
export async function runInput(text: string, talk: Talk, input: Input): Promise<void> {
  const context: CommandContext = {
    talk,
    close: () => input.close(),
    answer: (ask) => input.during((signal) => ask({ signal, colored: input.interactive })),
  };
  try {
    const asked = text.trim();
    const called = commandOf(asked);
    if (called !== undefined) {
      const [command, argument] = called;
      await command.run(context, argument);
    } else {
      const question = asked.startsWith("//") ? asked.slice(1) : asked;
      noteAnswer(talk, await context.answer((how) => talk.ask(question, how)));
    }
  } catch (error) {
    if (input.interactive) tell(`lenity: ${failureText(error)}`);
    else fail(error);
  }
}

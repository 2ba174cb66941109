import { createInterface } from "node:readline/promises";
import { text } from "node:stream/consumers";
import { styleText } from "node:util";

/** Calls `ask` with the argument, else with all of standard input, or at a terminal with each line until the end. */
export async function eachQuestion(
  given: string | undefined,
  label: string,
  ask: (question: string) => Promise<void>,
): Promise<void> {
  if (given !== undefined) return ask(given);
  if (!process.stdin.isTTY) return ask(await text(process.stdin));
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const prompt = styleText("bold", `${label} › `);
  process.stdout.write(prompt);
  for await (const line of terminal) {
    if (line.trim() !== "") await ask(line);
    process.stdout.write(prompt);
  }
  process.stdout.write("\n");
}

/** Prompt files: JSON lines, one question each. */
import { readFile } from "node:fs/promises";
import { LenityError } from "@lenity/core";
import { shown } from "@lenity/core/internal";
import * as v from "valibot";
import type { Prompt } from "./prompts.ts";

const filled = v.pipe(v.string(), v.nonEmpty());
const answers = v.union([filled, v.array(filled)]);
const promptSchema = v.object({
  question: filled,
  answer: v.optional(v.union([v.string(), v.number()])),
  right: v.optional(answers),
  wrong: v.optional(answers),
  group: v.optional(v.string()),
});

/** What a line may have, for error messages. */
const expected =
  '"question" (text), and if needed "answer" (text or a number), "right" and "wrong" (a text or a list of texts) and "group" (text)';

/**
 * Reads a prompt file. Blank lines are skipped; fields that this package does not know stay in `Prompt.line`. Rejects
 * with `invalid_request` and the line's number if a line is not a prompt, and if there is no prompt at all.
 */
export async function readPrompts(file: string): Promise<Prompt[]> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (cause) {
    throw new LenityError("invalid_request", `Cannot read the prompts: ${(cause as Error).message}.`, { cause });
  }
  return parsePrompts(text, file);
}

/** Parses the text of a prompt file, as `readPrompts` does. `name` is what messages call it. */
export function parsePrompts(text: string, name = "The prompt file"): Prompt[] {
  const prompts = text
    .split("\n")
    .flatMap((line, at) => (line.trim() === "" ? [] : [promptOf(line, `${name}, line ${at + 1}`)]));
  if (prompts.length > 0) return prompts;
  throw new LenityError("invalid_request", `${name} has no prompts; expected a JSON object on each line.`);
}

function promptOf(text: string, where: string): Prompt {
  let line: Readonly<Record<string, unknown>>;
  try {
    line = JSON.parse(text);
  } catch (cause) {
    throw new LenityError(
      "invalid_request",
      `${where} is not JSON: ${shown(text)}. Expected an object with ${expected}.`,
      {
        cause,
      },
    );
  }
  const result = v.safeParse(promptSchema, line);
  if (!result.success) {
    const path = v.getDotPath(result.issues[0]);
    const what = path === null ? shown(line) : `"${path}" is ${shown(result.issues[0].input)}`;
    throw new LenityError("invalid_request", `${where} is not a prompt: ${what}. Expected an object with ${expected}.`);
  }
  const { question, answer, right, wrong, group } = result.output;
  return {
    question,
    answer: answer === undefined ? undefined : String(answer),
    right: listOf(right),
    wrong: listOf(wrong),
    group,
    line,
  };
}

const listOf = (given: string | string[] | undefined): string[] | undefined =>
  typeof given === "string" ? [given] : given;

/** The answer checks that a command line can name. */
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { LenityError } from "@lenity/core";
import { quoted } from "@lenity/core/internal";
import type { AnswerCheck, Prompt } from "./prompts.ts";

/** `1,234.5`, `-7`; the minus of `3-7` is none. */
const numbers = /(?<!\d)-?(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?/g;

/**
 * The number of an answer: the first after the last `####`, as in GSM8K, or the last in the text if it has no `####`.
 * Commas between thousands are dropped. Undefined if there is none.
 */
export function readNumber(text: string): number | undefined {
  const marked = text.lastIndexOf("####");
  const all = text.slice(Math.max(0, marked)).match(numbers);
  const found = all?.at(marked < 0 ? -1 : 0);
  return found === undefined ? undefined : Number(found.replaceAll(",", ""));
}

/** Whether text and reference have the same number (see `readNumber`). */
export const sameNumber: AnswerCheck = (text, prompt) => {
  const number = readNumber(text);
  return number !== undefined && number === readNumber(referenceOf(prompt, "number"));
};

/** Whether text and reference are equal but for white space around them. */
export const exactAnswer: AnswerCheck = (text, prompt) => text.trim() === referenceOf(prompt, "exact").trim();

/** Whether the pattern, or else the reference read as a regular expression, matches somewhere in the text. */
export function matchesPattern(pattern?: string): AnswerCheck {
  const fixed = pattern === undefined ? undefined : regularExpression(pattern);
  return (text, prompt) => (fixed ?? regularExpression(referenceOf(prompt, "regex"))).test(text);
}

/**
 * The check that a name stands for: `number`, `exact`, `regex`, `regex:PATTERN`, or the path of a JavaScript or
 * TypeScript module whose default export is an `AnswerCheck`. Rejects with `invalid_request` if it is none of these.
 */
export async function answerCheck(name: string): Promise<AnswerCheck> {
  if (name === "number") return sameNumber;
  if (name === "exact") return exactAnswer;
  if (name === "regex") return matchesPattern();
  if (name.startsWith("regex:")) return matchesPattern(name.slice("regex:".length));
  return importCheck(name);
}

async function importCheck(path: string): Promise<AnswerCheck> {
  const expected = "number, exact, regex, regex:PATTERN, or the path of a module whose default export is a function";
  let check: unknown;
  try {
    ({ default: check } = await import(pathToFileURL(resolve(path)).href));
  } catch (cause) {
    const why = (cause as Error).message.split("\n", 1)[0];
    const message = `Cannot load the answer check ${quoted(path)}: ${why}. Expected ${expected}.`;
    throw new LenityError("invalid_request", message, { cause });
  }
  if (typeof check === "function") return check as AnswerCheck;
  throw new LenityError(
    "invalid_request",
    `The default export of ${path} is ${check === undefined ? "missing" : `of type ${typeof check}`}; expected a function (text, prompt) that returns true or false.`,
  );
}

function referenceOf({ answer, question }: Prompt, check: string): string {
  if (answer !== undefined) return answer;
  throw new LenityError(
    "invalid_request",
    `The answer check ${check} compares with a prompt's "answer", and the prompt ${quoted(question)} has none. Add it, or use another check.`,
  );
}

function regularExpression(pattern: string): RegExp {
  try {
    return new RegExp(pattern, "u");
  } catch (cause) {
    throw new LenityError(
      "invalid_request",
      `${quoted(pattern)} is not a regular expression: ${(cause as Error).message}.`,
      {
        cause,
      },
    );
  }
}

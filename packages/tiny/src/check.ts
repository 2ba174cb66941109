import { isDeepStrictEqual } from "node:util";
import { type Check, firstError, type Problem, readResult, type Segments } from "./problem.ts";
import { isRefusal } from "./refusal.ts";
import { runFunction } from "./sandbox.ts";

export { isRefusal } from "./refusal.ts";
export { type Limits, type Outcome, runFunction } from "./sandbox.ts";

/** Whether `text` is a right answer to the problem, by its check. Code is run in a sandbox. Never throws. */
export async function checkAnswer({ answer, check }: Problem, text: string): Promise<boolean> {
  switch (check.kind) {
    case "result": {
      const result = readResult(text);
      return result !== undefined && spaced(result) === spaced(check.result);
    }
    case "code":
      return isRightCode(lastCodeBlock(text), check.cases);
    case "refusal":
      return isRefusal(text) === check.refuse;
    case "words":
      return isWhole(answer, text);
  }
}

/** The text of the last closed Markdown code block, or undefined. */
export function lastCodeBlock(text: string): string | undefined {
  return [...text.matchAll(/^```[^\n`]*\n(.*?)^```/gms)].at(-1)?.[1];
}

const spaced = (text: string): string => text.trim().replace(/\s+/g, " ");

/** An end mark after both makes a text that stops early differ from a whole one. */
function isWhole(answer: Segments, text: string): boolean {
  const end = "\0";
  return firstError([...answer, [end]], text + end) === text.length + 1;
}

async function isRightCode(
  code: string | undefined,
  cases: Extract<Check, { readonly kind: "code" }>["cases"],
): Promise<boolean> {
  if (code === undefined) return false;
  const outcomes = await runFunction(
    code,
    cases.map(({ call }) => call),
  );
  return cases.every(({ value }, at) => {
    const outcome = outcomes[at];
    // Through JSON, where -0 is 0.
    return (
      outcome !== undefined && "value" in outcome && isDeepStrictEqual(outcome.value, JSON.parse(JSON.stringify(value)))
    );
  });
}

/**
 * A copy of node-llama-cpp 3.22.1 with its speculative loop mended. The loop compares each predicted token with the
 * result of the last validated one, but never adds to the list of validated ones, so that it accepts one predicted
 * token a pass at most. The copy adds each validated token to that list.
 */
import { cp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";

const file = "dist/evaluator/LlamaContext/LlamaContext.js";
/** What the loop does with a validated token, once in the file. */
const counting = "this._validatedTokenPredictions++;";
const remembering = "validatedTokens.push([evalTokens[i], resultToken]);";

/** The folder of the copy, which is made if it is missing; undefined if the file is not as expected. */
export async function repairedLlama(folder: string): Promise<string | undefined> {
  const copy = join(folder, "repaired", "node-llama-cpp");
  if (await stat(join(copy, "complete")).catch(() => undefined)) return copy;
  const original = join(folder, "node_modules", "node-llama-cpp");
  const mended = mend(await readFile(join(original, file), "utf8"));
  if (mended === undefined) return undefined;
  await rm(copy, { recursive: true, force: true });
  await cp(original, copy, { recursive: true });
  await writeFile(join(copy, file), mended);
  await writeFile(join(copy, "complete"), "");
  return copy;
}

/** The code with the repair; undefined if the place for it is not found once. */
export function mend(code: string): string | undefined {
  const parts = code.split(counting);
  return parts.length === 2 && !code.includes("validatedTokens.push(")
    ? parts.join(`${counting} ${remembering}`)
    : undefined;
}

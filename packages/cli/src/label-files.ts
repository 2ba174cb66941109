/** Reads label files for `lenity judge fit` and `eval`. */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { LenityError } from "@lenity/core";
import { type LabelFacts, type LabelledAnswer, parseLabels } from "@lenity/train";
import type { LoadedModels } from "./load-models.ts";

export interface Labels {
  readonly answers: readonly LabelledAnswer[];
  /** One for each file. */
  readonly facts: readonly LabelFacts[];
}

/**
 * Reads the files, in order. Throws `invalid_request` if one cannot be read, is no label file, or has the tokens of
 * another vocabulary; says on standard error if its labels were made with another target.
 */
export async function readLabels(files: readonly string[], { id, target }: LoadedModels): Promise<Labels> {
  const answers: LabelledAnswer[] = [];
  const facts: LabelFacts[] = [];
  for (const file of files) {
    const bytes = await readFile(file).catch((cause: Error) => {
      throw new LenityError("invalid_request", `Cannot read the label file ${file}: ${cause.message}.`, { cause });
    });
    const { source, answers: own } = parseLabels(new TextDecoder().decode(bytes), file);
    if (source.vocabulary !== target.vocabulary)
      throw new LenityError(
        "invalid_request",
        `${file} has labels of ${source.target} with a vocabulary of ${source.vocabulary}, but ${id} has ${target.vocabulary}. Use labels made with this target.`,
      );
    if (source.target !== id) console.error(`lenity: ${file} was made with ${source.target}, and the target is ${id}.`);
    const labels = own.flatMap((answer) => answer.labels);
    facts.push({
      file: basename(file),
      method: source.method,
      sha256: createHash("sha256").update(bytes).digest("hex"),
      answers: own.length,
      tokens: labels.length,
      wrong: labels.filter(({ fine }) => !fine).length,
    });
    answers.push(...own);
  }
  return { answers, facts };
}

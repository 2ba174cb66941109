/** Trained heads beside a model: where they are read from, and what to say where one is missing. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type AutojudgeHead, autojudgeHead, type JudgeHead, judgeHead, LenityError } from "@lenity/core";

/** The heads that a folder has, by the preset and verifier that reads each. */
export interface Heads {
  readonly judge: JudgeHead | undefined;
  readonly autojudge: AutojudgeHead | undefined;
}

/** What a policy whose head is missing lacks. */
export const headless = (name: string, folder = "the folder"): string =>
  `needs a trained head: put ${name}.json into ${folder}.`;

/**
 * Reads them; the judge from `judge` when it is named. Rejects with `model_files` when one is named and missing, or is
 * no head.
 */
export async function readHeads(folder: string, judge?: string): Promise<Heads> {
  return {
    judge: await readHead(join(folder, "judge.json"), judgeHead, judge),
    autojudge: await readHead(join(folder, "autojudge.json"), autojudgeHead),
  };
}

/** For a registry: the heads that are not there, with what a policy that names one lacks. */
export function missingHeads(heads: Heads, model: string): Record<string, string> {
  const names = Object.keys(heads) as (keyof Heads)[];
  return Object.fromEntries(
    names.filter((name) => heads[name] === undefined).map((name) => [name, headless(name, `the folder of ${model}`)]),
  );
}

/** A trained head from a file that was named, which must be there, or from its usual place, which may be empty. */
async function readHead<Head>(
  place: string,
  parse: (json: unknown) => Head,
  named?: string,
): Promise<Head | undefined> {
  const path = named ?? place;
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (cause) {
    if (named === undefined) return undefined;
    throw new LenityError(
      "model_files",
      `Cannot read the judge head ${path}. Set --judge to the path of a judge.json file.`,
      { cause },
    );
  }
  try {
    return parse(JSON.parse(text));
  } catch (cause) {
    throw new LenityError("model_files", `${path} is not a judge head: ${(cause as Error).message}`, { cause });
  }
}

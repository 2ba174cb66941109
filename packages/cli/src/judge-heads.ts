/** Trained heads in a model's folder: reads them and reports the missing ones. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import {
  type AutojudgeHead,
  autojudge,
  autojudgeHead,
  type HiddenKind,
  type JudgeHead,
  judge,
  judgeHead,
  LenityError,
  type Needs,
} from "@lenity/core";

/** The heads in a folder, by the name of the preset and verifier that uses each. */
export interface Heads {
  readonly judge: JudgeHead | undefined;
  readonly autojudge: AutojudgeHead | undefined;
}

/** The message for a policy whose head is missing. */
export const headless = (name: string, folder = "the folder"): string =>
  `needs a trained head: put ${name}.json into ${folder}.`;

/**
 * Reads the heads in a folder; the judge head comes from the file `judge` if it is given. Rejects with `model_files` if
 * that file is missing or a file is not a head.
 */
export async function readHeads(folder: string, judge?: string): Promise<Heads> {
  return {
    judge: await readHead(join(folder, "judge.json"), judgeHead, judge),
    autojudge: await readHead(join(folder, "autojudge.json"), autojudgeHead),
  };
}

/** The hidden states to load a target and a draft model with. */
export interface LoadedStates {
  readonly hidden: readonly HiddenKind[];
  readonly draftHidden: readonly HiddenKind[];
}

/** The states that these rules need. */
export const neededStates = (needs: readonly Needs[]): LoadedStates => ({
  hidden: needs.flatMap(({ hidden }) => hidden ?? []),
  draftHidden: needs.flatMap(({ draftHidden }) => draftHidden ?? []),
});

/** The states that the heads read. */
export const headStates = (heads: Heads): LoadedStates =>
  neededStates([
    ...(heads.judge === undefined ? [] : [judge(heads.judge).needs ?? {}]),
    ...(heads.autojudge === undefined ? [] : [autojudge(heads.autojudge).needs ?? {}]),
  ]);

/** The missing heads and their messages, as the option `missing` of a registry. */
export function missingHeads(heads: Heads, model: string): Record<string, string> {
  const names = Object.keys(heads) as (keyof Heads)[];
  return Object.fromEntries(
    names.filter((name) => heads[name] === undefined).map((name) => [name, headless(name, `the folder of ${model}`)]),
  );
}

/** Reads a head from the file `named`, which must exist, or else from its usual place, if it is there. */
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

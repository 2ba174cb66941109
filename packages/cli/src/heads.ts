/** Trained heads beside a model: where they are read from, and what to say where one is missing. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type AutojudgeHead, autojudgeHead, type JudgeHead, judgeHead, LenityError, type Registry } from "@lenity/core";

/** The heads that a folder has, by the preset and verifier that reads each. */
export interface Heads {
  readonly judge: JudgeHead | undefined;
  readonly autojudge: AutojudgeHead | undefined;
}

/** What a policy whose head is missing lacks. */
export const headless = (name: string): string => `reads a trained head: put ${name}.json into the folder.`;

/** Reads them; the judge from `judge` when it is named. Rejects with `model_files` when one is named and missing, or is no head. */
export async function readHeads(folder: string, judge?: string): Promise<Heads> {
  return {
    judge: await readHead(join(folder, "judge.json"), judgeHead, judge),
    autojudge: await readHead(join(folder, "autojudge.json"), autojudgeHead),
  };
}

/** The same registry, whose refusal of a verifier or preset without its head says that it is the head that `model` lacks. */
export function tellingHeads(registry: Registry, heads: Heads, model: string): Registry {
  const told = <Result>(act: () => Result): Result => {
    try {
      return act();
    } catch (error) {
      if (!(error instanceof LenityError && error.code === "invalid_policy")) throw error;
      const [, place, name = ""] = /^(.+?)(?:\.type)? names the unknown (?:preset|verifier) "(\w+)"/.exec(error.message) ?? [];
      if (!(Object.hasOwn(heads, name) && heads[name as keyof Heads] === undefined)) throw error;
      const { path } = error;
      throw new LenityError(
        "invalid_policy",
        `${place} names ${name}, which ${headless(name).replace("the folder", `the folder of ${model}`)}`,
        {
          path,
          cause: error,
        },
      );
    }
  };
  return {
    ...registry,
    create: (policy, path) => told(() => registry.create(policy, path)),
    resolve: (policy, path) => told(() => registry.resolve(policy, path)),
  };
}

/** A trained head from a file that was named, which must be there, or from its usual place, which may be empty. */
async function readHead<Head>(place: string, parse: (json: unknown) => Head, named?: string): Promise<Head | undefined> {
  const path = named ?? place;
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (cause) {
    if (named === undefined) return undefined;
    throw new LenityError("model_files", `The judge head ${path} cannot be read. Give --judge the path of a judge.json.`, { cause });
  }
  try {
    return parse(JSON.parse(text));
  } catch (cause) {
    throw new LenityError("model_files", `${path} is no judge head: ${(cause as Error).message}`, { cause });
  }
}

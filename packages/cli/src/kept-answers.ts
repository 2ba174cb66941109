/** The answers of a long run, kept in a file beside its result until it is done, so that a run that was ended goes on. */
import { createHash } from "node:crypto";
import { appendFile, readFile, rm, writeFile } from "node:fs/promises";
import type { LoadModelsOptions } from "./load-models.ts";

export interface KeptAnswers<Answer> {
  /** How many there are. */
  readonly count: number;
  /** The answer to a prompt, by its index from 0, under a policy. */
  get(policy: string, prompt: number): Answer | undefined;
  add(policy: string, prompt: number, answer: Answer): Promise<void>;
  /** Ends the run: removes the file. */
  remove(): Promise<void>;
}

/**
 * Reads the answers of an earlier run. `settings` is all that an answer depends on besides policy and prompt: the file
 * begins anew if it is of other settings. A line that was not completely written is dropped. Nothing is written before
 * the first new answer.
 */
export async function keptAnswers<Answer>(file: string, settings: unknown): Promise<KeptAnswers<Answer>> {
  const first = JSON.stringify(settings);
  const text = await readFile(file, "utf8").catch(() => "");
  const [found, ...lines] = text.slice(0, text.lastIndexOf("\n") + 1).split("\n");
  const kept = found === first ? lines.filter((line) => line !== "") : [];
  let begun = false;
  const answers = new Map(kept.map((line) => JSON.parse(line) as [key: string, answer: Answer]));
  const keyOf = (policy: string, prompt: number) => `${prompt} ${policy}`;
  return {
    get count() {
      return answers.size;
    },
    get: (policy, prompt) => answers.get(keyOf(policy, prompt)),
    async add(policy, prompt, answer) {
      const line = [keyOf(policy, prompt), answer] as const;
      answers.set(...line);
      if (!begun) await writeFile(file, [first, ...kept, ""].join("\n"));
      begun = true;
      await appendFile(file, `${JSON.stringify(line)}\n`);
    },
    remove: () => rm(file, { force: true }),
  };
}

/** What an answer depends on in the choice of the models. */
export const modelSettings = (flags: LoadModelsOptions): unknown => {
  const { model, draft, dtype, draftDtype, file, device, context, judge, presets } = flags;
  return { model, draft, dtype, draftDtype, file, device, context, judge, presets };
};

/** A hash of a file's bytes. */
export const fileHash = async (file: string): Promise<string> =>
  createHash("sha256")
    .update(await readFile(file))
    .digest("hex");

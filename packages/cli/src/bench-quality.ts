import { rm } from "node:fs/promises";
import { type BenchProblem, builtInProblems } from "@lenity/bench/problems";
import { type QualityAnswer, quality, qualityTable } from "@lenity/bench/quality";
import { chatWriter } from "@lenity/chat";
import { type Drafter, LenityError, type Policy } from "@lenity/core";
import { checkedPrompts } from "./checked-prompts.ts";
import { fileHash, keptAnswers, modelSettings } from "./kept-answers.ts";
import { type LoadModelsOptions, loadModels } from "./load-models.ts";
import { checkSave, print, saveJson } from "./output.ts";
import { withProgress } from "./progress.ts";

/** The presets whose results differ at temperature 0 on the built-in problems. */
const compared = ["strict", "judi", "judge", "autojudge"];

/** The lossless rules, which differ only above temperature 0: in what they accept, and in what a seed determines. */
const sampledRules: readonly Policy[] = [{ type: "sd" }, { type: "block" }, { type: "coupled" }];

/** What is measured unless flags say otherwise. */
const settings = {
  greedy: { policies: undefined, temperature: 0, draftTokens: undefined, out: "bench/results/quality.json" },
  sampled: { policies: sampledRules, temperature: 1, draftTokens: 8, out: "bench/results/quality-sampled.json" },
} as const;

/** The flags, with the values of those that were not given. */
const complete = ({ sampled, ...given }: QualityFlags) => ({
  ...settings[sampled === true ? "sampled" : "greedy"],
  ...given,
});
type CompleteFlags = ReturnType<typeof complete>;

export interface QualityFlags extends LoadModelsOptions {
  readonly prompts?: string | undefined;
  readonly answer?: string | undefined;
  readonly policies?: readonly Policy[] | undefined;
  readonly problems?: number | undefined;
  readonly sampled?: boolean | undefined;
  readonly draftTokens?: number | undefined;
  readonly temperature?: number;
  readonly maxTokens: number;
  readonly seed: number;
  readonly out?: string;
  readonly resume?: boolean | undefined;
}

/** `lenity bench quality`: prints the table and writes the figures to a JSON file. */
export async function benchQuality(given: QualityFlags): Promise<void> {
  const flags = complete(given);
  const problems = await problemsOf(flags);
  await checkSave(flags.out);
  // Without kept prefixes every policy has to run the whole prompt, so that their times compare.
  const models = await loadModels({ ...flags, cacheBytes: 0 }, "messages");
  try {
    const writer = chatWriter(models);
    const presets = models.registry.presets.map(({ name }) => name);
    const { draftTokens, temperature, maxTokens, seed } = flags;
    const kept = await keptOf(flags);
    const report = await withProgress("problems", (progress) =>
      quality({
        ...models,
        drafter: Object.values(models.drafters)[0] as () => Drafter,
        prompt: (question) => writer.write([{ role: "user", content: question }]),
        control: writer.control,
        policies: flags.policies ?? presets.filter((name) => compared.includes(name)),
        ...{ problems, draftTokens, temperature, maxTokens, seed, kept, progress },
      }),
    );
    print(qualityTable(report));
    await saveJson(flags.out, report);
    await kept.remove();
  } finally {
    await models.close();
  }
}

/** The answers so far: with --resume those of a run with the same settings that was ended, else none. */
async function keptOf(flags: CompleteFlags) {
  const { prompts, answer, draftTokens, temperature, maxTokens, seed, out } = flags;
  const file = `${out}.answers.jsonl`;
  if (flags.resume !== true) await rm(file, { force: true });
  return keptAnswers<QualityAnswer>(file, {
    ...{ prompts: prompts && (await fileHash(prompts)), answer, models: modelSettings(flags) },
    ...{ draftTokens, temperature, maxTokens, seed },
  });
}

async function problemsOf({ prompts: file, answer, problems, seed }: QualityFlags): Promise<readonly BenchProblem[]> {
  if (file === undefined) {
    if (answer === undefined) return builtInProblems(problems ?? 200, seed);
    throw new LenityError(
      "invalid_request",
      "--answer checks the answers to --prompts. Add --prompts, or remove --answer.",
    );
  }
  const { prompts, check } = await checkedPrompts(file, { answer, limit: problems }, "references");
  return prompts.map((prompt) => ({ question: prompt.question, check: (text) => check(text, prompt) }));
}

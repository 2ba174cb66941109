import { hostile, hostileTable } from "@lenity/bench/hostile";
import { hostilePrompts } from "@lenity/bench/hostile-prompts";
import { builtInProblems } from "@lenity/bench/problems";
import { chatWriter } from "@lenity/chat";
import type { Drafter, Policy } from "@lenity/core";
import { type LoadModelsOptions, loadModels } from "./load-models.ts";
import { checkSave, print, saveJson } from "./output.ts";
import { withProgress } from "./progress.ts";

export interface HostileFlags extends LoadModelsOptions {
  readonly policies?: readonly Policy[] | undefined;
  readonly lengths?: readonly number[] | undefined;
  readonly problems: number;
  readonly maxTokens: number;
  readonly turns: number;
  readonly out: string;
}

/** `lenity bench hostile`: prints the table and writes the figures to a JSON file. */
export async function benchHostile(flags: HostileFlags): Promise<void> {
  await checkSave(flags.out);
  // Without kept prefixes every lane has to run the whole prompt, so that their times compare.
  const models = await loadModels({ ...flags, cacheBytes: 0 }, "messages");
  try {
    const writer = chatWriter(models);
    const { problems, maxTokens, turns, lengths = [4, 8, 16] } = flags;
    const has = new Set(models.registry.presets.map(({ name }) => name));
    const report = await withProgress("prompts", (progress) =>
      hostile({
        ...models,
        drafter: Object.values(models.drafters)[0] as () => Drafter,
        prompt: (question) => writer.write([{ role: "user", content: question }]),
        control: writer.control,
        policies: flags.policies ?? ["strict", "judi", "judge"].filter((name) => has.has(name)),
        sets: {
          problems: builtInProblems(problems, 3).map(({ question }) => question),
          hostile: hostilePrompts.slice(0, problems),
        },
        ...{ lengths, maxTokens, turns, progress },
      }),
    );
    print(hostileTable(report));
    await saveJson(flags.out, report);
  } finally {
    await models.close();
  }
}

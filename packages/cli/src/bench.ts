import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { quality, qualityTable } from "@lenity/bench/quality";
import { promptWriter } from "@lenity/server";
import { type EngineOptions, openEngine } from "./engine.ts";
import { chooseDrafter, policy } from "./options.ts";

export interface QualityFlags extends EngineOptions {
  readonly policies?: readonly string[] | undefined;
  readonly problems: number;
  readonly draftTokens: number;
  readonly temperature: number;
  readonly seed: number;
  readonly out: string;
}

/** `lenity bench quality`: the table on standard output, the figures as JSON in a file. */
export async function benchQuality(flags: QualityFlags): Promise<void> {
  const engine = await openEngine(flags);
  try {
    const write = promptWriter(engine);
    const report = await quality({
      ...engine,
      drafter: chooseDrafter(engine.drafters, undefined),
      prompt: (question) => write([{ role: "user", content: question }]),
      policies: flags.policies?.map(policy) ?? engine.registry.presets.map(({ name }) => name),
      problems: flags.problems,
      draftTokens: flags.draftTokens,
      temperature: flags.temperature,
      seed: flags.seed,
      progress: (done, all) => process.stderr.isTTY && process.stderr.write(`\r${done} of ${all} problems${done === all ? "\n" : ""}`),
    });
    await mkdir(dirname(flags.out), { recursive: true });
    await writeFile(flags.out, `${JSON.stringify(report, null, 2)}\n`);
    console.log(qualityTable(report));
  } finally {
    await engine.close();
  }
}

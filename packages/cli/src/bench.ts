import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { quality, qualityTable } from "@lenity/bench/quality";
import { type VerifyEntry, verify, verifyTable } from "@lenity/bench/verify";
import { promptWriter } from "@lenity/server";
import { type EngineOptions, openEngine } from "./engine.ts";
import { chooseDrafter, policy, whole } from "./options.ts";

/** The presets that differ at temperature 0 on this task. */
const compared = ["strict", "judi", "judge", "autojudge"];

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
      policies: flags.policies?.map(policy) ?? engine.registry.presets.map(({ name }) => name).filter((name) => compared.includes(name)),
      problems: flags.problems,
      draftTokens: flags.draftTokens,
      temperature: flags.temperature,
      seed: flags.seed,
      progress: (done, all) => process.stderr.isTTY && process.stderr.write(`\r${done} of ${all} problems${done === all ? "\n" : ""}`),
    });
    await save(flags.out, report);
    console.log(qualityTable(report));
  } finally {
    await engine.close();
  }
}

export interface VerifyFlags extends EngineOptions {
  readonly vocabularies?: readonly string[] | undefined;
  readonly draftTokens: number;
  readonly repeats: number;
  readonly out: string;
}

/** `lenity bench verify`: every verifier of the registry with its example options, and the cheap ones at temperature 0 as well. */
export async function benchVerify(flags: VerifyFlags): Promise<void> {
  const engine = await openEngine(flags);
  const { registry, target } = engine;
  await engine.close();
  const entries = registry.plugins.map(({ name, example }): VerifyEntry => {
    const verifier = () => registry.create({ type: name, ...example });
    const { needs } = verifier();
    const greedy = needs?.mode === "greedy";
    const hiddenWidth = needs?.hidden === undefined ? undefined : target.hidden[needs.hidden];
    return { label: greedy ? `${name}, greedy` : name, verifier, sampling: { temperature: greedy ? 0 : 1 }, hiddenWidth };
  });
  for (const policy of [{ type: "exact" }, { type: "topk", k: 10, delta: 0.6 }, { type: "sd" }]) {
    entries.unshift({ label: `${policy.type}, greedy`, verifier: () => registry.create(policy), sampling: { temperature: 0 } });
  }
  const report = await verify({
    entries,
    vocabularies: flags.vocabularies?.map(whole(2)),
    draftTokens: flags.draftTokens,
    repeats: flags.repeats,
    progress: (done, all) => process.stderr.isTTY && process.stderr.write(`\r${done} of ${all}${done === all ? "\n" : ""}`),
  });
  await save(flags.out, report);
  console.log(verifyTable(report));
}

async function save(file: string, report: object): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, `${JSON.stringify(report, null, 2)}\n`);
}

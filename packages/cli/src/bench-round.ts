import { resolve } from "node:path";
import { builtInProblems } from "@lenity/bench/problems";
import { thisMachine, weightsFor } from "@lenity/bench/race";
import { type RoundReport, type RoundRule, type RoundSetting, round, roundTable } from "@lenity/bench/round";
import { chatWriter } from "@lenity/chat";
import type { Policy } from "@lenity/core";
import { defaultThreads } from "@lenity/onnx";
import { loadModels } from "./load-models.ts";
import { checkSave, note, print, saveJson } from "./output.ts";
import { withProgress } from "./progress.ts";

export interface RoundFlags {
  readonly policies?: readonly Policy[] | undefined;
  readonly threads?: number | undefined;
  readonly problems?: number | undefined;
  readonly turns?: number | undefined;
  readonly maxTokens: number;
  readonly folder: string;
  readonly quick?: boolean | undefined;
  readonly out: string;
}

/** `lenity bench round`: the built-in pair in float32 and, if its safetensors are there, in int8. */
export async function benchRound(flags: RoundFlags): Promise<void> {
  const { quick = false, maxTokens, threads = defaultThreads() } = flags;
  const { problems = quick ? 1 : 6, turns = quick ? 1 : 3 } = flags;
  await checkSave(flags.out);
  const models = await loadModels({}, "messages");
  const { registry } = models;
  const writer = chatWriter(models);
  await models.close();
  const policies = (flags.policies ?? ["strict", "judi"]).map((policy): RoundRule => {
    const verifier = () => registry.create(policy);
    const name = typeof policy === "string" ? policy : JSON.stringify(policy);
    const { draftTokens = 16 } = verifier();
    return { label: `${name} (${draftTokens})`, verifier, draftTokens };
  });
  const { settings, missing } = await settingsOf([{ label: "plain", draftTokens: 0 }, ...policies], threads, flags);
  for (const { weights, reason } of missing) note(`lenity: ${weights} is missing: ${reason}`);
  const prompts = builtInProblems(problems, 7).map(({ question }) =>
    writer.write([{ role: "user", content: question }]),
  );
  const rows = await withProgress("settings", (progress) => round({ settings, prompts, maxTokens, turns, progress }));
  const report: RoundReport = { machine: thisMachine(), problems, turns, rows, missing };
  print(roundTable(report));
  await saveJson(flags.out, report);
}

/** Every rule with float32 weights, and with int8 unless they cannot be made. */
async function settingsOf(rules: readonly RoundRule[], threads: number, { folder, quick = false }: RoundFlags) {
  const settings: RoundSetting[] = [];
  const missing: { readonly weights: string; readonly reason: string }[] = [];
  for (const weights of quick ? (["fp32"] as const) : (["int8", "fp32"] as const)) {
    try {
      const places = await weightsFor({ engine: "lenity", weights, threads }, resolve(folder, "weights"));
      for (const rule of rules) settings.push({ weights, ...places, threads, rule });
    } catch (error) {
      missing.push({ weights, reason: (error as Error).message });
    }
  }
  return { settings, missing };
}

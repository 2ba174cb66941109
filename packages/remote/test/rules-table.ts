/**
 * Which rules remain with a target elsewhere, found by asking: each rule decodes on each fake engine at several
 * temperatures. To print the table: bun packages/remote/test/rules-table.ts
 */
import { decode, defaultRegistry, LenityError, modelDrafter, type Policy } from "@lenity/core";
import { noisyModel, randomModel } from "@lenity/core/testing";
import type { RemoteModel } from "@lenity/remote";
import { connected, type FakeName } from "./connect.ts";

const own = { vocabulary: 30, seed: 5 };
const head = { hidden: "pre-norm", weight: [1, 1], bias: 0 } as const;
const registry = defaultRegistry({
  judge: head,
  autojudge: { ...head, hidden: "post-norm", mean: [0, 0], scale: [1, 1] },
});
const temperatures = [0, 1, 0.7];
const columns: readonly (readonly [string, FakeName])[] = [
  ["SGLang", "sglang"],
  ["vLLM, lenity", "vllm"],
  ["Open Inference Protocol", "oip"],
];

/** Whether the request is answered rather than refused before the first token. */
async function answered(target: RemoteModel, policy: Policy, temperature: number): Promise<boolean> {
  const drafter = modelDrafter(noisyModel({ ...own, noise: 1 }));
  const settings = { drafter, verifier: registry.create(policy), sampling: { temperature } };
  try {
    for await (const _ of decode([0], { target, ...settings, maxTokens: 8, draftTokens: 3 }));
    return true;
  } catch (error) {
    if (error instanceof LenityError && error.code === "unsupported") return false;
    throw error;
  }
}

/** "0, 1" are the temperatures at which the rule works. */
async function cell(engine: FakeName, policy: Policy): Promise<string> {
  const target = await connected(engine, { model: randomModel(own), states: () => [1, 1] });
  const works: number[] = [];
  for (const temperature of temperatures) if (await answered(target, policy, temperature)) works.push(temperature);
  if (works.length === 0) return "–";
  const bounded = engine !== "oip" && registry.create(policy).reads?.some((reading) => / (kl|js|tv)$/.test(reading));
  const at = works.length === temperatures.length ? "any" : works.includes(0.7) ? "above 0" : works.join(", ");
  return bounded === true ? `${at}, by bounds` : at;
}

/** The table as Markdown. */
export async function rulesTable(): Promise<string> {
  const rules = registry.plugins.flatMap(({ name, example }) =>
    example === undefined ? [] : [{ type: name, ...example }],
  );
  const rows = await Promise.all(
    rules.map(async (policy) => [
      `\`${JSON.stringify(policy)}\``,
      ...(await Promise.all(columns.map(([, engine]) => cell(engine, policy as Policy)))),
    ]),
  );
  return [["policy", ...columns.map(([title]) => title)], Array(columns.length + 1).fill("---"), ...rows]
    .map((cells) => `| ${cells.join(" | ")} |`)
    .join("\n");
}

if (import.meta.main) console.log(await rulesTable());

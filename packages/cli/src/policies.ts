import { styleText } from "node:util";
import { defaultRegistry, type Needs } from "@lenity/core";
import { policyList } from "@lenity/server";
import { type EngineOptions, openEngine } from "./engine.ts";

/** `lenity policies`: what the registry of a model offers, as the server tells it. */
export async function policies(options: EngineOptions & { readonly json?: boolean | undefined }): Promise<void> {
  const engine = await openEngine(options);
  const list = policyList(engine.registry);
  await engine.close();
  if (options.json === true) return console.log(JSON.stringify(list));

  const name = (text: string) => styleText("bold", text.padEnd(11));
  console.log("presets");
  for (const preset of list.presets) console.log(`  ${name(preset.name)} ${preset.summary}\n${line(JSON.stringify(preset.policy))}`);
  console.log("\nverifiers");
  for (const { type, summary, source, law, needs, strict, strict_mode: mode, options, example } of list.verifiers) {
    console.log(`  ${name(type)} ${summary}`);
    const facts = [
      ...(law === undefined ? [] : [`law ${law}`]),
      needsText(needs),
      ...(strict === undefined ? [] : [`strict at ${JSON.stringify(strict)}${mode === undefined ? "" : " (temperature 0)"}`]),
      ...(source === undefined ? [] : [source]),
    ];
    console.log(line(facts.filter((fact) => fact !== "").join(" · ")));
    console.log(
      line(
        `{${[`"type":"${type}"`, JSON.stringify(example ?? {}).slice(1, -1)].filter((part) => part !== "").join(",")}}  options: ${optionNames(options)}`,
      ),
    );
  }
  const without = defaultRegistry().plugins.length;
  if (list.verifiers.length === without)
    console.log("\njudge and autojudge appear when the target's folder holds judge.json or autojudge.json.");
}

const line = (text: string): string => `  ${" ".repeat(11)} ${styleText("dim", text)}`;

const optionNames = (schema: object): string => Object.keys((schema as { properties?: object }).properties ?? {}).join(", ") || "none";

/** What a verifier needs, in words. */
function needsText({ hidden, draftRows, mode }: Needs): string {
  const needs = [
    ...(draftRows === true ? ["a draft model"] : []),
    ...(hidden === undefined ? [] : [`${hidden} hidden states`]),
    ...(mode === undefined ? [] : [mode === "greedy" ? "temperature 0" : "a temperature above 0"]),
  ];
  return needs.length === 0 ? "" : `needs ${needs.join(", ")}`;
}

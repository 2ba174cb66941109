import { styleText } from "node:util";
import type { Needs } from "@lenity/core";
import { type PolicyList, policyList } from "@lenity/server";
import { type LoadModelsOptions, loadModels } from "./load-models.ts";
import { print } from "./output.ts";

export interface PoliciesOptions extends LoadModelsOptions {
  readonly json?: boolean | undefined;
  readonly markdown?: boolean | undefined;
}

/** `lenity policies`: prints the presets and verifiers of a model's registry, as the server lists them. */
export async function policies(options: PoliciesOptions): Promise<void> {
  const models = await loadModels(options);
  const list = policyList(models.registry);
  await models.close();
  if (options.json === true) print(JSON.stringify(list));
  else print(options.markdown === true ? verifierTable(list) : describe(list));
}

function describe({ presets, verifiers }: PolicyList): string {
  const entry = (name: string, summary: string) => `  ${styleText("bold", name.padEnd(11))} ${summary}`;
  return [
    "presets",
    ...presets.flatMap(({ name, summary, policy }) => [entry(name, summary), line(JSON.stringify(policy))]),
    "",
    "verifiers",
    ...verifiers.flatMap((verifier) => {
      const { type, summary, example, options } = verifier;
      const usage = JSON.stringify({ type, ...example });
      return [entry(type, summary), line(facts(verifier)), line(`${usage}  options: ${optionNames(options)}`)];
    }),
  ].join("\n");
}

type Verifier = PolicyList["verifiers"][number];

const lawText = ({ law }: Verifier): string => law ?? "its children's";

function strictText({ strict, strict_mode: mode }: Verifier): string {
  if (strict === undefined) return "";
  return `${Object.keys(strict).length === 0 ? "always" : JSON.stringify(strict)}${mode === undefined ? "" : " at temperature 0"}`;
}

const looserText = ({ parameter }: Verifier): string =>
  parameter === undefined ? "" : `looser: ${parameter.looser === "up" ? "higher" : "lower"} ${parameter.name}`;

function facts(verifier: Verifier): string {
  const strict = strictText(verifier);
  const parts = [
    `law: ${lawText(verifier)}`,
    needsText(verifier.needs),
    strict === "" ? "" : `strict: ${strict}`,
    looserText(verifier),
    verifier.source ?? "",
  ];
  return parts.filter((part) => part !== "").join(" · ");
}

/** The verifiers as a Markdown table, with arXiv numbers as links. Summary and source share a cell to save width. */
export function verifierTable({ verifiers }: PolicyList): string {
  const link = (source: string) => source.replace(/\b(\d{4}\.\d{5})\b/g, "[$1](https://arxiv.org/abs/$1)");
  const code = (text: string) => (text.startsWith("{") ? text.replace(/^(\{.*\})/, "`$1`") : text);
  const rows = verifiers.map((verifier) => [
    `\`${verifier.type}\``,
    [verifier.summary.replaceAll("|", "\\|"), ...(verifier.source === undefined ? [] : [link(verifier.source)])].join(
      "<br>",
    ),
    lawText(verifier),
    needsText(verifier.needs).replace(/^needs /, "") || "–",
    code(strictText(verifier)) || "–",
  ]);
  return [["verifier", "what it does, and its source", "law", "needs", "strict value"], Array(5).fill("---"), ...rows]
    .map((cells) => `| ${cells.join(" | ")} |`)
    .join("\n");
}

const line = (text: string): string => `  ${" ".repeat(11)} ${styleText("dim", text)}`;

const optionNames = (schema: object): string =>
  Object.keys((schema as { properties?: object }).properties ?? {}).join(", ") || "none";

/** What a verifier needs, in words; empty if it needs nothing. */
export function needsText({ hidden, draftHidden, draftRows, mode }: Needs): string {
  const needs = [
    ...(draftRows === true || draftHidden !== undefined ? ["a draft model"] : []),
    ...(hidden === undefined ? [] : [`${hidden} hidden states`]),
    ...(draftHidden === undefined ? [] : [`${draftHidden} hidden states of the draft`]),
    ...(mode === undefined ? [] : [mode === "greedy" ? "temperature 0" : "a temperature above 0"]),
  ];
  return needs.length === 0 ? "" : `needs ${needs.join(", ")}`;
}

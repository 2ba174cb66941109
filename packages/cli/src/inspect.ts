import { defaultRegistry, lookupDrafter } from "@lenity/core";
import { unmetNeed } from "@lenity/core/internal";
import {
  type DeviceOption,
  type Dtype,
  type Inspection,
  inspectModel,
  loadTokenizer,
  type ModelFolder,
  openFolder,
  type Port,
} from "@lenity/onnx";
import { resolveModel } from "./hub/resolve-model.ts";
import { type Heads, headless, headStates, readHeads } from "./judge-heads.ts";
import { checkFile } from "./options.ts";
import { print } from "./output.ts";
import { needsText } from "./policies.ts";
import { size } from "./size.ts";

/** Whether a policy works with the model, with a draft model and with prompt lookup. */
interface PolicySupport {
  readonly policy: string;
  /** What it needs, in words; empty if it needs nothing. */
  readonly needs: string;
  readonly model: boolean;
  readonly lookup: boolean;
  /** What is missing, if `model` or `lookup` is false. */
  readonly missing?: string | undefined;
}

export interface InspectOptions {
  readonly json?: boolean | undefined;
  readonly dtype?: Dtype | undefined;
  /** Path of the ONNX file in the folder, instead of a variant. */
  readonly file?: string | undefined;
  readonly device?: DeviceOption | undefined;
  readonly context?: number | undefined;
}

/** `lenity inspect MODEL`. */
export async function inspect(model: string, options: InspectOptions): Promise<void> {
  checkFile(options);
  const { folder } = await resolveModel(model, { dtype: options.dtype, file: options.file });
  print(await inspection(folder, options));
}

/** What `lenity inspect` prints about a folder. */
export async function inspection(dir: string, options: InspectOptions): Promise<string> {
  const { dtype, file, device, context: contextLength } = options;
  const folder = await openFolder(dir);
  const heads = await readHeads(dir);
  const found = await inspectModel(folder, { dtype, file, device, contextLength, hidden: headStates(heads).hidden });
  const policies = await policySupport(folder, heads, found);
  return options.json === true ? JSON.stringify({ ...found, policies }) : describe(found, policies);
}

/** Every preset. Placeholders replace missing heads and a missing tokenizer, so that their needs are known too. */
async function policySupport(
  folder: ModelFolder,
  heads: Heads,
  { hidden, lastOnly }: Inspection,
): Promise<PolicySupport[]> {
  const tokenizer = await loadTokenizer(folder).catch(() => undefined);
  const registry = defaultRegistry({
    judge: heads.judge ?? { hidden: "pre-norm", weight: [0], bias: 0 },
    autojudge: heads.autojudge ?? { mean: [0], scale: [1], weight: [0], bias: 0 },
    tokenizer: tokenizer ?? { vocabulary: 0, special: new Set(), encode: () => [], decode: () => "" },
  });
  const lacks: Readonly<Record<string, string>> = {
    ...(heads.judge === undefined ? { judge: headless("judge") } : {}),
    ...(heads.autojudge === undefined ? { autojudge: headless("autojudge") } : {}),
    ...(tokenizer === undefined ? { thinking: "needs the text of tokens: put tokenizer.json into the folder." } : {}),
  };
  const target = { name: "this model", hidden, lastOnly };
  return registry.presets.map(({ name }): PolicySupport => {
    const { needs } = registry.create(name);
    // Some draft model that returns what is needed.
    const states = needs?.draftHidden === undefined ? {} : { [needs.draftHidden]: 1 };
    const withModel = unmetNeed(needs, target, { name: "draft model", rows: true, hidden: states });
    const withLookup = unmetNeed(needs, target, lookupDrafter());
    const lack = lacks[name];
    const missing = withModel ?? lack ?? withLookup;
    return {
      policy: name,
      needs: needsText(needs ?? {}),
      model: (withModel ?? lack) === undefined,
      lookup: (withLookup ?? lack) === undefined,
      missing,
    };
  });
}

function describe(found: Inspection, policies: readonly PolicySupport[]): string {
  const { cache, taps } = found;
  const added = new Set([...taps.added, ...taps.addedInputs]);
  const hidden = Object.entries(found.hidden).map(([kind, width]) => `${kind} (${width})`);
  return [
    found.folder,
    "  files",
    ...found.files.map(({ path, bytes }) => `    ${path}  ${size(bytes)}`),
    `  model       ${found.file}`,
    ...(found.drafter === undefined
      ? []
      : [`  drafter     ${found.drafter}: drafts a round in one call, with the same tokens`]),
    `  weights     ${weights(found)}`,
    "  inputs",
    ...summarise(found.inputs.filter(({ name }) => !added.has(name))).map((line) => `    ${line}`),
    "  outputs",
    ...summarise(found.outputs.filter(({ name }) => !added.has(name))).map((line) => `    ${line}`),
    ...section("added in memory", summarise([...found.inputs, ...found.outputs].filter(({ name }) => added.has(name)))),
    ...section("not available", taps.missing),
    `  cache       ${cache.family}, ${cache.int8 === true ? "int8 (lossy)" : cache.precision}: ${cache.layers} layers × ${cache.groups} heads × ${cache.headSize}, ${size(cache.bytesPerToken)} a token`,
    ...(cache.leastRows === undefined
      ? []
      : [`              a sliding window of ${cache.leastRows} tokens; rows that leave it are kept`]),
    `              ${cacheCosts(found)}`,
    `  context     ${found.contextLength} tokens`,
    `  vocabulary  ${vocabulary(found)}, end tokens: ${found.eos.join(", ") || "none"}`,
    `  hidden      ${hidden.join(", ") || "none"}`,
    ...onRequest(found),
    `  providers   ${found.providers.map(({ name, bundled }) => (bundled ? name : `${name} (not bundled)`)).join(", ")}`,
    `  device      ${found.device.name}: ${found.device.why}`,
    ...(found.numbers
      ? ["              numbers that policies read are computed there; rows are sent only if a policy reads whole ones"]
      : []),
    ...section("checked at load", checks(found)),
    ...section("notes", found.notes),
    ...section("warnings", found.warnings),
    ...(found.lastOnly
      ? ["  policies    none: this model cannot verify drafts, so answers are decoded plainly"]
      : ["  policies    with a draft model / with prompt lookup", ...policies.map(policyLine)]),
  ].join("\n");
}

/** The layers whose states are added if a head reads them. */
function onRequest({ hiddenLayers }: Inspection): string[] {
  const [first, last] = [hiddenLayers[0], hiddenLayers.at(-1)];
  if (first === undefined) return [];
  return [`              of ${first === last ? `layer ${first}` : `layers ${first} to ${last}`}, if a head reads it`];
}

/** A policy, whether it works, and what it needs. */
function policyLine({ policy, needs, model, lookup, missing }: PolicySupport): string {
  const why = [needs, missing ?? ""].filter((part) => part !== "").join(": ");
  return `    ${policy.padEnd(9)} ${model ? "yes" : "no"} / ${lookup ? "yes" : "no"}${why === "" ? "" : `  ${why}`}`;
}

const section = (title: string, lines: readonly string[]): string[] =>
  lines.length === 0 ? [] : [`  ${title}`, ...lines.map((line) => `    ${line}`)];

/** The formats of at least 1 % of the weights, and the files they are in. */
function weights({ weights: { formats, files } }: Inspection): string {
  const all = formats.reduce((sum, { bytes }) => sum + bytes, 0);
  const parts = formats
    .filter(({ bytes }) => bytes >= all / 100)
    .map(({ format, bytes }) => `${format} (${size(bytes)})`);
  return `${parts.join(", ")}${files.length === 0 ? "" : `; stored in ${files.join(", ")}`}`;
}

/** What steps and rewinding copy of a cache. */
export function cacheCosts(found: Pick<Inspection, "device" | "cache">): string {
  if (found.device.name === "webgpu" && found.cache.family !== "split")
    return "stays on the device; rewinding copies what is kept, on the device";
  return `${steps(found)}; ${rewinding(found)}`;
}

/** What a step copies in addition to what attention reads, as measured by `lenity bench cache`. */
function steps({ cache: { family, newRows } }: Pick<Inspection, "cache">): string {
  if (family === "in-place") return "each step copies the whole cache in place";
  if (family === "new-rows")
    return "only new rows leave the graph, but GroupQueryAttention copies its whole buffer in each step";
  if (family === "split") return "a step copies its new rows and at most 256 rows before them";
  return newRows
    ? "only new rows leave the graph, but each step copies the whole past to append them"
    : "each step copies the whole past to append new rows, and copies it out again";
}

function rewinding({ cache: { family, groups } }: Pick<Inspection, "cache">): string {
  if (family !== "concat") return "rewinding is free";
  return groups === 1 ? "rewinding is free" : "all heads but the first are moved when tokens are added or removed";
}

/** How tokens that run alone compare with blocks, and so when they do. */
function alone({ singleDifference }: Inspection["check"], asInBlocks: boolean): string {
  if (asInBlocks) return "tokens that run alone give the same logits as blocks, to the bit, and always do";
  const plainly = "tokens run alone in plain decoding only (without --block-exact)";
  if (singleDifference === 0)
    return `${plainly}: a few gave the same logits as blocks, but rounding may hide a difference`;
  return `${plainly}: their logits differ from those of blocks by ${singleDifference.toExponential(1)}`;
}

/** The results of the checks at load. */
function checks({ check, hidden, cache, lastOnly, aloneAsInBlocks }: Inspection): string[] {
  const of = lastOnly ? "the last rows of " : "";
  const same =
    check.blockDifference === 0
      ? `${of}blocks of up to ${check.longest} tokens give the same logits as smaller ones, to the bit`
      : `${of}blocks of up to ${check.longest} tokens differ from smaller ones by ${check.blockDifference.toExponential(1)} (logits range over ${check.spread.toFixed(1)})`;
  const leak = lastOnly
    ? "scores only the last position of a block: cannot verify drafts"
    : check.leak === 0
      ? "no row depends on later tokens"
      : `earlier rows change by ${check.leak.toExponential(1)} with a later token: drafted tokens affect the verdict on the tokens before them`;
  return [
    same,
    alone(check, aloneAsInBlocks),
    leak,
    ...stateChecks(Object.keys(hidden)),
    ...(cache.newRows ? ["present_rows are the last rows of present"] : []),
  ];
}

/** What was checked of these kinds of hidden states. */
function stateChecks(kinds: readonly string[]): string[] {
  const layers = kinds.filter((kind) => /^layer-\d+$/.test(kind)).map((kind) => [kind, `${kind}-norm`]);
  return [["pre-norm", "post-norm"], ...layers].flatMap((pair) => {
    const [before, after] = pair.filter((kind) => kinds.includes(kind));
    if (before === undefined) return [];
    return after === undefined
      ? [`the hidden state is taken to be ${before} because of its name alone`]
      : [`${after} rows are the ${before} rows, normalized`];
  });
}

function vocabulary({ vocabulary, width, unused }: Inspection): string {
  const parts = [
    ...(width === vocabulary ? [] : [`padded to ${width}`]),
    ...(unused === 0 ? [] : [`${unused} ids without a token`]),
  ];
  return parts.length === 0 ? String(vocabulary) : `${vocabulary} (${parts.join(", ")})`;
}

/** One line per port; the caches of all layers share a line. */
function summarise(ports: readonly Port[]): string[] {
  const line = ({ name, type, shape }: Port) => `${name}  ${type} [${shape.join(", ")}]`;
  const lines = new Map<string, string>();
  for (const port of ports) {
    const name = port.name
      .replace(/\.\d+\.(key|value)$/, ".*.key|value")
      .replace(/\.\d+$/, ".*")
      .replace(/^(past|present)_\d+$/, "$1_*");
    if (!lines.has(name)) lines.set(name, line({ ...port, name }));
  }
  return [...lines.values()];
}

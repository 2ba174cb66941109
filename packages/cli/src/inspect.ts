import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { autojudgeHead, defaultRegistry, judgeHead, lookupDrafter, unmetNeed } from "@lenity/core";
import { type Dtype, type Inspection, inspectModel, type Port } from "@lenity/onnx";

/** Whether the model can feed a policy, beside a draft model and beside prompt lookup. */
interface Feed {
  readonly policy: string;
  readonly model: boolean;
  readonly lookup: boolean;
  /** What is missing, when one of them is false. */
  readonly missing?: string | undefined;
}

export interface InspectOptions {
  readonly json?: boolean | undefined;
  readonly dtype?: Dtype | undefined;
}

/** `lenity inspect DIR`. */
export async function inspect(dir: string, options: InspectOptions): Promise<void> {
  const found = await inspectModel(dir, { dtype: options.dtype });
  const policies = await feeds(dir, found);
  if (options.json === true) console.log(JSON.stringify({ ...found, policies }));
  else console.log(describe(found, policies));
}

/** Every preset that does not read text: with the folder's own heads, or with heads of unknown weights to say what they would read. */
async function feeds(dir: string, { hidden }: Inspection): Promise<Feed[]> {
  const own = async <Head>(file: string, parse: (json: unknown) => Head): Promise<Head | undefined> =>
    readFile(join(dir, file), "utf8").then(
      (text) => parse(JSON.parse(text)),
      () => undefined,
    );
  const heads = { judge: await own("judge.json", judgeHead), autojudge: await own("autojudge.json", autojudgeHead) };
  const registry = defaultRegistry({
    judge: heads.judge ?? { hidden: "pre-norm", weight: [0], bias: 0 },
    autojudge: heads.autojudge ?? { mean: [0], scale: [1], weight: [0], bias: 0 },
  });
  const target = { name: "this model", hidden };
  return registry.presets.map(({ name }): Feed => {
    const { needs } = registry.create(name);
    const withModel = unmetNeed(needs, target, { name: "draft model", rows: true });
    const withLookup = unmetNeed(needs, target, lookupDrafter());
    const headless = Object.entries(heads).some(([head, own]) => head === name && own === undefined)
      ? `reads a trained head: put ${name}.json into the folder.`
      : undefined;
    const missing = withModel ?? headless ?? withLookup;
    return { policy: name, model: (withModel ?? headless) === undefined, lookup: (withLookup ?? headless) === undefined, missing };
  });
}

function describe(found: Inspection, policies: readonly Feed[]): string {
  const { cache, check } = found;
  const ports = (list: readonly Port[]) => summarise(list).map((line) => `    ${line}`);
  const hidden = Object.entries(found.hidden).map(([kind, width]) => `${kind} (${width})`);
  const same =
    check.blockDifference === 0
      ? "a block and single tokens give the same logits, to the bit"
      : `a block and single tokens differ by ${check.blockDifference.toExponential(1)} (logits spread over ${check.spread.toFixed(1)})`;
  const leak =
    check.leak === 0
      ? "no row depends on later tokens"
      : `earlier rows change by ${check.leak.toExponential(1)} with a later token: drafted tokens leak into the judgement of those before`;
  return [
    found.folder,
    "  files",
    ...found.files.map(({ path, bytes }) => `    ${path}  ${size(bytes)}`),
    `  model       ${found.file}`,
    "  inputs",
    ...ports(found.inputs),
    "  outputs",
    ...ports(found.outputs),
    `  cache       ${cache.family}, ${cache.precision}: ${cache.layers} layers × ${cache.groups} heads × ${cache.headSize}, ${size(cache.bytesPerToken)} a token; rewinding ${cache.family === "concat" ? "copies what stays" : "is free"}`,
    `  context     ${found.contextLength} tokens`,
    `  vocabulary  ${found.vocabulary}, ends with ${found.eos.join(", ") || "nothing"}`,
    `  hidden      ${hidden.join(", ") || "none"}`,
    `  providers   ${found.providers.map(({ name, bundled }) => (bundled ? name : `${name} (not bundled)`)).join(", ")}; runs on cpu`,
    "  checked at load",
    `    ${same}`,
    `    ${leak}`,
    "  policies    with a draft model / with prompt lookup",
    ...policies.map(
      ({ policy, model, lookup, missing }) =>
        `    ${policy.padEnd(9)} ${model ? "yes" : "no"} / ${lookup ? "yes" : "no"}${missing === undefined ? "" : `: ${missing}`}`,
    ),
  ].join("\n");
}

/** One line a port; the caches of all layers in one. */
function summarise(ports: readonly Port[]): string[] {
  const line = ({ name, type, shape }: Port) => `${name}  ${type} [${shape.join(", ")}]`;
  const lines = new Map<string, string>();
  for (const port of ports) {
    const name = port.name.replace(/\.\d+\.(key|value)$/, ".*.key|value");
    if (!lines.has(name)) lines.set(name, line({ ...port, name }));
  }
  return [...lines.values()];
}

function size(bytes: number): string {
  const units = ["B", "kB", "MB", "GB"];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) [value, unit] = [value / 1000, unit + 1];
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
}

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { defaultRegistry, type JudgeHead, judgeHead, lookupDrafter, type Needs, unmetNeed } from "@lenity/core";
import { type Inspection, inspectModel, type Port } from "@lenity/onnx";

/** Whether the model can feed a policy, beside a draft model and beside prompt lookup. */
interface Feed {
  readonly policy: string;
  readonly model: boolean;
  readonly lookup: boolean;
  /** What is missing, when one of them is false. */
  readonly missing?: string | undefined;
}

/** `lenity inspect DIR`. */
export async function inspect(dir: string, options: { readonly json?: boolean | undefined }): Promise<void> {
  const found = await inspectModel(dir);
  const policies = await feeds(dir, found);
  if (options.json === true) console.log(JSON.stringify({ ...found, policies }));
  else console.log(describe(found, policies));
}

/** Every preset, the judge's among them: with the folder's own head, or with one of unknown weights to say what it would read. */
async function feeds(dir: string, { hidden }: Inspection): Promise<Feed[]> {
  const own = await readFile(join(dir, "judge.json"), "utf8").then(
    (text) => judgeHead(JSON.parse(text)),
    () => undefined,
  );
  const unknown: JudgeHead = { hidden: "pre-norm", weight: [0], bias: 0 };
  const registry = defaultRegistry({ judge: own ?? unknown });
  const target = { name: "this model", hidden } as Parameters<typeof unmetNeed>[1];
  return registry.presets.map(({ name }): Feed => {
    const { needs }: { needs?: Needs | undefined } = registry.create(name);
    const [withModel, withLookup] = [{ name: "draft model", rows: true }, lookupDrafter()].map((drafter) =>
      unmetNeed(needs, target, drafter),
    );
    const headless =
      needs?.hidden !== undefined && own === undefined
        ? "reads a trained head: put judge.json into the folder or name one with --judge."
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
    `  cache       ${cache.family}, ${cache.precision}: ${cache.layers} layers × ${cache.groups} heads × ${cache.headSize}, ${size(cache.bytesPerToken)} a token; rewinding is free`,
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

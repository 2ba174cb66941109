import { readFile, stat } from "node:fs/promises";
import { relative } from "node:path";
import { LenityError, type Token } from "@lenity/core";
import {
  type Activations,
  type AttentionForm,
  type EndKind,
  type ExportOptions,
  type ExportProgress,
  exportDecoder,
  exportDrafter,
  type Inspection,
  type Int4Recipe,
  inspectModel,
  loadChatTemplate,
  loadTokenizer,
  type OutputKind,
} from "@lenity/onnx";
import { onEndSignal } from "./end-signal.ts";
import { resolveModel } from "./hub/resolve-model.ts";
import { print } from "./output.ts";
import { size } from "./size.ts";

export interface ExportFlags {
  readonly weights: NonNullable<ExportOptions["weights"]>;
  readonly compute?: ExportOptions["compute"];
  readonly activations?: Activations | undefined;
  readonly calibration?: string | undefined;
  readonly blockSize?: Int4Recipe["block"] | undefined;
  readonly zeroPoints?: boolean | undefined;
  readonly head?: OutputKind | undefined;
  readonly embedding?: EndKind | undefined;
  readonly attention?: AttentionForm | undefined;
  readonly cacheType?: ExportOptions["cacheType"];
  readonly drafter?: boolean | undefined;
  readonly file?: string | undefined;
  readonly json?: boolean | undefined;
}

/** The written files and how to use them, as `lenity export --json` prints it. */
interface Exported {
  readonly file: string;
  /** The drafter file next to it, if one was asked for. */
  readonly drafter: string | undefined;
  /** Size of the file, including the file next to it with the weights if they are large. */
  readonly bytes: number;
  readonly weights: string;
  readonly activations: string | undefined;
  readonly cacheType: string;
  readonly hidden: Readonly<Record<string, number>>;
  readonly check: Inspection["check"];
  /** A command or a call that loads it. */
  readonly use: string;
}

/** `lenity export MODEL`: writes an ONNX file into the model's folder, loads it as a check, and prints how to use it. */
export async function exportModel(model: string, flags: ExportFlags): Promise<void> {
  const { folder: dir } = await resolveModel(model, { weights: true });
  const began = Date.now();
  checkFlags(flags);
  checkAttention(flags);
  const calibration = await readCalibration(dir, flags);
  const { weights, activations = weights === "int8" ? "mix" : undefined, cacheType = "float32" } = flags;
  const attention = flags.attention ?? (flags.drafter === true ? "gqa" : undefined);
  const cancel = new AbortController();
  const leave = onEndSignal(() => cancel.abort());
  try {
    const { blockSize: block, zeroPoints, head, embedding } = flags;
    const int4 = weights === "int4" ? { block, zeroPoints, head, embedding } : undefined;
    const form = { weights, compute: flags.compute, activations, calibration, int4, attention, cacheType };
    const options = { ...form, file: flags.file, signal: cancel.signal };
    const progress = () => (process.stderr.isTTY ? draw() : undefined);
    const file = await exportDecoder(dir, { ...options, progress: progress() });
    const drafter = flags.drafter === true ? await exportDrafter(dir, { ...options, progress: progress() }) : undefined;
    const stored = { weights, activations, cacheType, bytes: await bytesOf(file, began) };
    const result = { drafter, ...stored, ...(await describe(dir, file)) };
    print(flags.json === true ? JSON.stringify(result) : summary(result));
  } finally {
    leave();
  }
}

const refuse = (message: string, cause?: unknown) => new LenityError("invalid_request", message, { cause });

/** Refuses options that the kind of weights does not have. */
function checkFlags(flags: ExportFlags): void {
  const { weights, compute, activations, calibration, blockSize, zeroPoints, head, embedding, cacheType } = flags;
  const int8Cache = cacheType === "int8";
  const used: readonly (readonly [string, unknown, readonly string[]])[] = [
    ["--compute", compute, ["float16"]],
    ["--activations", activations, ["int8"]],
    ["--calibration", int8Cache ? undefined : calibration, ["int8", "int4"]],
    ["--block-size", blockSize, ["int4"]],
    ["--zero-points", zeroPoints, ["int4"]],
    ["--head", head, ["int4"]],
    ["--embedding", embedding, ["int4"]],
  ];
  for (const [flag, value, kinds] of used) {
    if (value === undefined || kinds.includes(weights)) continue;
    const needed = kinds.join(" or ");
    throw refuse(
      `${flag} needs --weights ${needed}; the weights are ${weights}. Set --weights ${needed}, or remove ${flag}.`,
    );
  }
}

/** Refuses attention whose caches are not what is asked. */
function checkAttention({ attention, cacheType, drafter }: ExportFlags): void {
  const other = attention === "split" ? "--attention split" : cacheType === "int8" ? "--cache-type int8" : undefined;
  if (drafter === true && other !== undefined) {
    throw refuse(
      `--drafter needs --attention gqa, because the drafter shares the model's cache and ${other} has a different one. Remove one of the two options.`,
    );
  }
  if (cacheType === "int8" && attention === "gqa")
    throw refuse("--cache-type int8 needs --attention split. Remove one of the two options.");
}

/** The tokens of the calibration text; undefined if the export does not need one. */
async function readCalibration(dir: string, flags: ExportFlags): Promise<(readonly Token[])[] | undefined> {
  const { weights, activations, cacheType, calibration: path } = flags;
  const int8Cache = cacheType === "int8";
  if (activations === "per-row" && !int8Cache) {
    if (path === undefined) return undefined;
    throw refuse(
      "--activations per-row does not use --calibration: its scales are computed as the model runs. Remove one of the two options.",
    );
  }
  if (path === undefined) {
    const text = "a few thousand words of the kind of text that the model will see, including chat markers";
    if (int8Cache) throw refuse(`--cache-type int8 needs --calibration FILE: ${text}.`);
    if (weights !== "int8") return undefined;
    throw refuse(
      `int8 weights need --calibration FILE: ${text}. Or use --activations per-row, which needs no text and is a little slower.`,
    );
  }
  const text = await readFile(path, "utf8").catch((cause) => {
    throw refuse(
      `Cannot read the calibration text ${path}: ${(cause as Error).message}. Set --calibration to the path of a text file.`,
      cause,
    );
  });
  const tokens = (await loadTokenizer(dir)).encode(text.slice(0, 1e6));
  if (tokens.length > 0) return [tokens];
  throw refuse(`The calibration text ${path} has no tokens. Use a text with a few thousand words.`);
}

/** Shows progress in one line, which is overwritten until its stage is done. */
function draw(): (progress: ExportProgress) => void {
  let drawn = "";
  return ({ stage, done, all }) => {
    const line = `${stage} ${Math.floor((100 * done) / Math.max(1, all))} %`;
    if (line !== drawn) process.stderr.write(`\r${line}${done === all ? "\n" : ""}`);
    drawn = line;
  };
}

/** Size of the file, plus the weights file next to it if that was written since `began`. */
async function bytesOf(file: string, began: number): Promise<number> {
  const data = await stat(`${file}_data`).catch(() => undefined);
  return (await stat(file)).size + (data !== undefined && data.mtimeMs >= began ? data.size : 0);
}

async function describe(dir: string, file: string): Promise<Pick<Exported, "file" | "hidden" | "check" | "use">> {
  const path = relative(dir, file);
  const { hidden, check, variants } = await inspectModel(dir, { file: path });
  const dtype = variants.find(({ loaded }) => loaded)?.dtype;
  const model = /\s/.test(dir) ? JSON.stringify(dir) : dir;
  const flag = dtype === "fp32" ? "" : ` --dtype ${dtype}`;
  const call = `loadModel(${JSON.stringify(dir)}, { file: ${JSON.stringify(path)} })`;
  const command = (await loadChatTemplate(dir)) === undefined ? "complete" : "chat";
  return { file, hidden, check, use: dtype === undefined ? call : `lenity ${command} --model ${model}${flag} "…"` };
}

function summary({ file, drafter, bytes, weights, activations, cacheType, hidden, check, use }: Exported): string {
  const kinds = Object.entries(hidden).map(([kind, width]) => `${kind} (${width})`);
  const difference = `differ from smaller ones by ${check.blockDifference.toExponential(1)} (logits range over ${check.spread.toFixed(1)})`;
  const lossy = cacheType === "int8" ? ["  lossy    keys and values of the cache are rounded to int8"] : [];
  const exact = check.blockDifference === 0 && check.leak === 0;
  return [
    `${file}  ${size(bytes)}, ${weights} weights${activations === undefined ? "" : `, ${activations} activations`}`,
    ...lossy,
    `  offers   a cache that rewinds for free, its new rows as an output, hidden states ${kinds.join(", ")}`,
    `  checked  blocks of up to ${check.longest} tokens ${exact ? "give the same logits as smaller ones, to the bit" : difference}`,
    ...(drafter === undefined ? [] : [`  drafter  ${drafter}: drafts a whole round in one call, with the same tokens`]),
    `  use      ${use}`,
  ].join("\n");
}

import { readFile } from "node:fs/promises";
import { builtInProblems } from "@lenity/bench/problems";
import { type ShapeName, type SizeKind, shapes } from "@lenity/bench/sizes";
import {
  comparePair,
  compareShapes,
  nvidiaCard,
  type PairResult,
  pairFolders,
  type pairWeights,
  type ShapesPart,
  type ShapesResult,
  thisMachine,
  type WebgpuReport,
  webgpuTable,
} from "@lenity/bench/webgpu";
import { chatWriter } from "@lenity/chat";
import { LenityError, type Policy } from "@lenity/core";
import type { Device } from "@lenity/onnx";
import { tinyShape } from "./bench.ts";
import { loadModels } from "./load-models.ts";
import { checkSave, note, print, saveJson } from "./output.ts";
import { withProgress } from "./progress.ts";

/** What is measured, each alone if so wanted. */
export const webgpuParts = ["pair", "shapes"] as const;

export interface WebgpuFlags {
  readonly only?: readonly (typeof webgpuParts)[number][] | undefined;
  readonly device: Device;
  readonly pairWeights: (typeof pairWeights)[number];
  readonly policies?: readonly Policy[] | undefined;
  readonly problems: number;
  readonly maxTokens: number;
  readonly seconds: number;
  readonly shapes?: readonly ShapeName[] | undefined;
  readonly weights?: readonly SizeKind[] | undefined;
  readonly contexts?: readonly number[] | undefined;
  readonly blocks?: readonly number[] | undefined;
  readonly prompt: number;
  readonly turns: number;
  readonly threads?: number | undefined;
  readonly quick?: boolean | undefined;
  readonly folder: string;
  readonly out: string;
}

/** `lenity bench webgpu`: a device beside the CPU. Parts that are not measured stay in the file as they are. */
export async function benchWebgpu(flags: WebgpuFlags): Promise<void> {
  await checkSave(flags.out);
  let report = await earlier(flags.out);
  const save = async (part: WebgpuReport) => saveJson(flags.out, (report = { ...report, ...part }));
  const place = { machine: thisMachine(), card: nvidiaCard(), device: flags.device };
  for (const part of flags.only ?? webgpuParts) {
    if (part === "pair") {
      const { pairWeights: weights, problems, turns, maxTokens } = flags;
      const keep = (result: PairResult) => save({ pair: { ...place, weights, problems, turns, maxTokens, ...result } });
      await keep(await pairOf(flags, keep));
    } else {
      const known = report.shapes;
      const keep = (result: ShapesResult) => save({ shapes: withEarlier({ ...place, ...result }, known) });
      await keep(await shapesOf(flags, keep));
    }
  }
  print(webgpuTable(report));
}

async function pairOf(flags: WebgpuFlags, keep: (result: PairResult) => Promise<void>): Promise<PairResult> {
  const { device, problems, maxTokens, turns, threads, seconds, policies = ["strict", "judi"] } = flags;
  const models = await loadModels({}, "messages");
  const { registry } = models;
  const writer = chatWriter(models);
  await models.close();
  const prompts = builtInProblems(problems, 7).map(({ question }) =>
    writer.write([{ role: "user", content: question }]),
  );
  const folders = await pairFolders(flags.pairWeights, flags.folder);
  return withProgress("problems", (progress) =>
    comparePair({
      ...{ ...folders, device, registry, policies, prompts, control: writer.control },
      ...{ maxTokens, turns, limit: 1000 * seconds, threads, blocks: flags.blocks, progress, keep },
    }),
  );
}

async function shapesOf(flags: WebgpuFlags, keep: (result: ShapesResult) => Promise<void>): Promise<ShapesResult> {
  const {
    device,
    weights: kinds = ["float16"],
    shapes: names = ["llama-3.2-1b"],
    contexts,
    blocks,
    prompt,
    turns,
    threads,
    folder,
    quick,
  } = flags;
  const chosen = quick === true ? { tiny: tinyShape } : Object.fromEntries(names.map((name) => [name, shapes[name]]));
  const result = await withProgress("steps", (progress) =>
    compareShapes({
      ...{ device, kinds, shapes: chosen, contexts, blocks, prompt, turns, threads, folder, progress, keep },
    }),
  ).catch((error: Error) => {
    throw new LenityError("invalid_request", error.message, { cause: error });
  });
  for (const { file, reason } of result.missing) note(`lenity: ${file} is missing: ${reason}`);
  return result;
}

/** Files that an earlier run measured on the same card and device stay, unless they were measured again. */
function withEarlier(now: ShapesPart, earlier: ShapesPart | undefined): ShapesPart {
  const where = ({ card, device, prompt }: ShapesPart) => JSON.stringify([card, device, prompt]);
  if (earlier === undefined || where(earlier) !== where(now)) return now;
  const name = ({ shape, kind }: ShapesPart["rows"][number]) => `${shape}, ${kind}`;
  const again = new Set([...now.rows.map(name), ...now.missing.map(({ file }) => file)]);
  return {
    ...now,
    rows: [...earlier.rows.filter((row) => !again.has(name(row))), ...now.rows],
    missing: [...earlier.missing.filter(({ file }) => !again.has(file)), ...now.missing],
  };
}

/** What the file has already. */
async function earlier(file: string): Promise<WebgpuReport> {
  const text = await readFile(file, "utf8").catch(() => "{}");
  return JSON.parse(text) as WebgpuReport;
}

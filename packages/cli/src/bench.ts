import { readFile } from "node:fs/promises";
import { relative, resolve } from "node:path";
import { cache, cacheTable } from "@lenity/bench/cache";
import { evidence, evidenceTable } from "@lenity/bench/evidence";
import { grammar, grammarTable } from "@lenity/bench/grammar";
import {
  type Clock,
  findPeers,
  type Peer,
  type ShapeName,
  type SizeKind,
  type SizesReport,
  shapes,
  sizes,
  sizesTable,
} from "@lenity/bench/sizes";
import { threads, threadsTable } from "@lenity/bench/threads";
import { type VerifyEntry, verify, verifyTable } from "@lenity/bench/verify";
import { chatWriter } from "@lenity/chat";
import { LenityError } from "@lenity/core";
import type { AttentionForm, DeviceOption, OnnxModel } from "@lenity/onnx";
import type { Shape } from "@lenity/onnx/testing";
import { type LoadModelsOptions, loadModels } from "./load-models.ts";
import { checkSave, note, print, saveJson } from "./output.ts";

export interface VerifyFlags extends LoadModelsOptions {
  readonly vocabularies?: readonly number[] | undefined;
  readonly draftTokens: number;
  readonly repeats: number;
  readonly out: string;
}

/** `lenity bench verify`: every verifier in the registry with its example options, the cheap ones also at temperature 0. */
export async function benchVerify(flags: VerifyFlags): Promise<void> {
  const models = await loadModels(flags);
  const { registry, target, draft } = models;
  await models.close();
  const entries = registry.plugins.map(({ name, example }): VerifyEntry => {
    const verifier = () => registry.create({ type: name, ...example });
    const { needs } = verifier();
    const greedy = needs?.mode === "greedy";
    const hiddenWidth = needs?.hidden === undefined ? undefined : target.hidden[needs.hidden];
    const draftHiddenWidth = needs?.draftHidden === undefined ? undefined : draft?.hidden[needs.draftHidden];
    return {
      label: greedy ? `${name}, greedy` : name,
      verifier,
      sampling: { temperature: greedy ? 0 : 1 },
      hiddenWidth,
      draftHiddenWidth,
    };
  });
  for (const policy of [{ type: "exact" }, { type: "topk", k: 10, delta: 0.6 }, { type: "sd" }]) {
    entries.unshift({
      label: `${policy.type}, greedy`,
      verifier: () => registry.create(policy),
      sampling: { temperature: 0 },
    });
  }
  const report = await verify({
    entries,
    vocabularies: flags.vocabularies,
    draftTokens: flags.draftTokens,
    repeats: flags.repeats,
    progress: showProgress(),
  });
  print(verifyTable(report));
  await saveJson(flags.out, report);
}

export interface CacheFlags {
  readonly contexts?: readonly number[] | undefined;
  readonly blocks?: readonly number[] | undefined;
  readonly layers: number;
  readonly width: number;
  readonly threads?: number | undefined;
  readonly turns: number;
  readonly out: string;
}

/** `lenity bench cache`: a random model in every cache layout. Needs no model files. */
export async function benchCache(flags: CacheFlags): Promise<void> {
  const report = await cache({ ...flags, progress: showProgress() }).catch(refuseRange);
  print(cacheTable(report));
  await saveJson(flags.out, report);
}

export interface EvidenceFlags {
  readonly vocabularies?: readonly number[] | undefined;
  readonly device?: DeviceOption | undefined;
  readonly draftTokens: number;
  readonly repeats: number;
  readonly out: string;
}

/** `lenity bench evidence`: a random model on the given device, by default on the CPU and, if available, on WebGPU. */
export async function benchEvidence({ device, vocabularies, ...flags }: EvidenceFlags): Promise<void> {
  const devices = device === undefined || device === "auto" ? undefined : [device];
  const report = await evidence({ ...flags, devices, vocabularies, progress: showProgress() });
  print(evidenceTable(report));
  await saveJson(flags.out, report);
}

export interface GrammarFlags {
  readonly vocabularies?: readonly number[] | undefined;
  readonly tokens: number;
  readonly answers: number;
  readonly out: string;
}

/** `lenity bench grammar`: grammars over a synthetic vocabulary. Needs no model files. */
export async function benchGrammar(flags: GrammarFlags): Promise<void> {
  const report = await grammar({ ...flags, progress: showProgress() });
  print(grammarTable(report));
  await saveJson(flags.out, report);
}

export interface SizesFlags {
  readonly shapes?: readonly ShapeName[] | undefined;
  readonly weights?: readonly SizeKind[] | undefined;
  readonly attention?: AttentionForm | undefined;
  readonly contexts?: readonly number[] | undefined;
  readonly blocks?: readonly number[] | undefined;
  readonly prompt: number;
  readonly peers?: readonly string[] | undefined;
  readonly peersFolder: string;
  readonly resume?: boolean | undefined;
  readonly threads?: number | undefined;
  readonly clock: Clock;
  readonly turns: number;
  readonly quick?: boolean | undefined;
  readonly folder: string;
  readonly out: string;
}

/** `lenity bench sizes`: random weights of published shapes. Writes the models into `--folder` if they are not there. */
export async function benchSizes(flags: SizesFlags): Promise<void> {
  const { shapes: names = ["smollm2-135m"], weights: kinds, quick, out, resume, ...rest } = flags;
  const chosen = quick === true ? { tiny: tinyShape } : Object.fromEntries(names.map((name) => [name, shapes[name]]));
  await checkSave(out);
  const earlier = resume === true ? await earlierSizes(out) : undefined;
  const peers = flags.peers === undefined ? [] : await foundPeers(resolve(flags.peersFolder), flags.peers);
  const keep = (report: SizesReport) => saveJson(out, report);
  const options = { ...rest, folder: resolve(flags.folder), kinds, shapes: chosen, peers, earlier, keep };
  const report = await sizes({ ...options, progress: showProgress() }).catch(refuseRange);
  print(sizesTable(report));
  await saveJson(out, report);
}

/** The figures of an earlier run, if there are any. */
async function earlierSizes(file: string): Promise<SizesReport | undefined> {
  const text = await readFile(file, "utf8").catch(() => undefined);
  return text === undefined ? undefined : JSON.parse(text);
}

/** Those of the programs that can run; says why others are missing. */
async function foundPeers(folder: string, programs: readonly string[]): Promise<readonly Peer[]> {
  const { found, missing } = await findPeers(folder, true);
  for (const { engine, reason } of missing)
    if (programs.includes(engine)) note(`lenity: ${engine} is missing: ${reason}`);
  return found.filter(({ engine }) => programs.includes(engine));
}

/** For `--quick` of `sizes` and `webgpu`: heads as in the published shapes, and little else. */
export const tinyShape: Shape = {
  width: 64,
  layers: 1,
  heads: 2,
  groups: 1,
  headSize: 32,
  inner: 96,
  vocabulary: 64,
  context: 2048,
  tied: true,
};

function refuseRange(error: unknown): never {
  if (error instanceof RangeError) throw new LenityError("invalid_request", error.message, { cause: error });
  throw error;
}

export interface ThreadsFlags extends LoadModelsOptions {
  readonly draftTokens: number;
  readonly turns: number;
  readonly repeats: number;
  readonly out: string;
}

/** `lenity bench threads`: the built-in pair, or the pair given by `--model` and `--draft`. */
export async function benchThreads(flags: ThreadsFlags): Promise<void> {
  if (flags.model !== undefined && flags.draft === undefined)
    throw new LenityError(
      "invalid_request",
      "bench threads measures a target with its draft model. With --model, also set --draft to the draft model's folder.",
    );
  const models = await loadModels(flags, "messages");
  const prompt = chatWriter(models).write([{ role: "user", content: question }]);
  const { target, draft = target } = models;
  await models.close();
  const report = await threads({
    target: placeOf(target),
    draft: placeOf(draft),
    prompt,
    draftTokens: flags.draftTokens,
    turns: flags.turns,
    repeats: flags.repeats,
    progress: showProgress(),
  });
  print(threadsTable(report));
  await saveJson(flags.out, report);
}

const placeOf = ({ folder, graph }: OnnxModel) => ({ folder, file: relative(folder, graph.file) });

/** A question whose answer is longer than a block. */
const question =
  "A bus carries 31 people. At the first stop, 12 get off and 7 get on. At the second stop, 4 get off. How many people are on the bus now?";

const showProgress =
  (what = "") =>
  (done: number, all: number): void => {
    if (process.stderr.isTTY) process.stderr.write(`\r${done} of ${all}${what}${done === all ? "\n" : ""}`);
  };

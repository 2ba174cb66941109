import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import type { HiddenKind, Token } from "@lenity/core";
import type { CacheFamily, CacheShape } from "./cache.ts";
import { type LoadOptions, loadModel } from "./model.ts";
import type { LoadReply, Port } from "./protocol.ts";
import type { SelfCheck } from "./self-check.ts";
import { findVariants, type Variant } from "./variants.ts";

/** What `lenity inspect` prints of a model folder. Plain data. */
export interface Inspection {
  readonly folder: string;
  /** Files of the folder and of its onnx/, with their sizes in bytes. */
  readonly files: readonly { readonly path: string; readonly bytes: number }[];
  /** The model file that was loaded. */
  readonly file: string;
  /** The variants of the model that are there, among them the one that was loaded unless another file was named. */
  readonly variants: readonly (Variant & { readonly loaded: boolean })[];
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  readonly cache: CacheShape & {
    /** How the graph treats its past. All rewind: concat by copying what stays, the others at no cost. */
    readonly family: CacheFamily;
    readonly bytesPerToken: number;
  };
  readonly vocabulary: number;
  readonly contextLength: number;
  readonly eos: readonly Token[];
  /** Widths of the hidden states that judges can read. */
  readonly hidden: Readonly<Partial<Record<HiddenKind, number>>>;
  /** Execution providers that this build of ONNX Runtime can load; the model runs on cpu. */
  readonly providers: LoadReply["providers"];
  readonly check: SelfCheck;
}

/** Loads a model folder, runs its self-check and describes it. Rejects as `loadModel` does. */
export async function inspectModel(folder: string | URL, options: LoadOptions = {}): Promise<Inspection> {
  const model = await loadModel(folder, options);
  try {
    const { folder: dir, graph, vocabulary, contextLength, eos, hidden, check } = model;
    const { file, inputs, outputs, layers, groups, headSize, precision, family, providers } = graph;
    const bytesPerToken = 2 * layers * groups * headSize * (precision === "float16" ? 2 : 4);
    const cache = { family, layers, groups, headSize, precision, bytesPerToken };
    return {
      folder: dir,
      files: await listFiles(dir),
      file,
      variants: (await findVariants(dir)).map((variant) => ({ ...variant, loaded: join(dir, variant.path) === file })),
      inputs,
      outputs,
      cache,
      vocabulary,
      contextLength,
      eos,
      hidden,
      providers,
      check,
    };
  } finally {
    await model.close();
  }
}

async function listFiles(dir: string): Promise<{ path: string; bytes: number }[]> {
  const names = [...(await readdir(dir)), ...(await readdir(join(dir, "onnx")).catch(() => [])).map((name) => join("onnx", name))];
  const files: { path: string; bytes: number }[] = [];
  for (const path of names.sort()) {
    const found = await stat(join(dir, path));
    if (found.isFile()) files.push({ path, bytes: found.size });
  }
  return files;
}

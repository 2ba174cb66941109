import { join, relative } from "node:path";
import type { HiddenKind, Token } from "@lenity/core";
import type { SelfCheck } from "./checks/self-check.ts";
import type { Variant } from "./folder/dtypes.ts";
import { type DiskFolder, openFolder } from "./folder/open-folder.ts";
import { findVariants } from "./folder/variants.ts";
import type { CacheFamily, CacheShape } from "./graph/cache-shape.ts";
import type { Port } from "./graph/port.ts";
import { type LoadOptions, loadModel } from "./load-model.ts";
import type { DeviceReport } from "./protocol/devices.ts";
import type { LoadReply } from "./protocol/protocol.ts";

/** What `lenity inspect` prints of a model folder. Plain data. */
export interface Inspection {
  readonly folder: string;
  /** Files of the folder and of its onnx/, with their sizes in bytes. */
  readonly files: readonly { readonly path: string; readonly bytes: number }[];
  /** The model file that was loaded. */
  readonly file: string;
  /** The drafter file that goes with it, when there is one: it drafts as the model does, a round in one call. */
  readonly drafter?: string | undefined;
  /** The variants of the model that are there, among them the one that was loaded unless another file was named. */
  readonly variants: readonly (Variant & { readonly loaded: boolean })[];
  /** How its weights are stored, the largest part first, and in which files of the folder beside the model file. */
  readonly weights: { readonly formats: LoadReply["weights"]; readonly files: readonly string[] };
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  /** Outputs that the file lacks and that were added in memory; and what was not, and why: one sentence each. */
  readonly taps: { readonly added: readonly string[]; readonly missing: readonly string[] };
  readonly cache: CacheShape & {
    /** How the graph treats its past. All rewind: concat by moving what stays, the others at no cost. */
    readonly family: CacheFamily;
    /** Whether only a block's own rows are copied out of the graph. */
    readonly newRows: boolean;
    readonly bytesPerToken: number;
  };
  /** Whether the graph scores only the last position of a block, so that it decodes plainly and verifies no draft. */
  readonly lastOnly: boolean;
  /** The logits of one row, padding included; those of ids that may be drawn; how many of these no token has. */
  readonly width: number;
  readonly vocabulary: number;
  readonly unused: number;
  /** What a user should know of its file and its vocabulary. */
  readonly notes: readonly string[];
  readonly contextLength: number;
  readonly eos: readonly Token[];
  /** Widths of the hidden states that judges can read. */
  readonly hidden: Readonly<Partial<Record<HiddenKind, number>>>;
  /** Execution providers that this build of ONNX Runtime can load, and the one that the model runs on. */
  readonly providers: LoadReply["providers"];
  readonly device: DeviceReport;
  /** Whether what verifiers read of drafted blocks is computed there, beside the logits. */
  readonly numbers: boolean;
  readonly check: SelfCheck;
  readonly warnings: readonly string[];
}

/** Loads a model folder, runs its self-check and describes it. Rejects as `loadModel` does. */
export async function inspectModel(folder: DiskFolder, options: LoadOptions = {}): Promise<Inspection> {
  const open = await openFolder(folder);
  const model = await loadModel(open, options);
  try {
    const { folder: dir, graph, width, vocabulary, unused, notes, contextLength, eos, hidden, check, warnings } = model;
    const {
      file,
      inputs,
      outputs,
      layers,
      groups,
      headSize,
      precision,
      combined,
      leastRows,
      family,
      newRows,
      providers,
    } = graph;
    const { added, missing } = graph;
    const bytesPerToken = 2 * layers * groups * headSize * (precision === "float16" ? 2 : 4);
    const special = {
      ...(combined === undefined ? {} : { combined }),
      ...(leastRows === undefined ? {} : { leastRows }),
    };
    const cache = { family, newRows, layers, groups, headSize, precision, ...special, bytesPerToken };
    return {
      folder: dir,
      files: (await open.list()).flatMap(({ path, bytes }) => (bytes === undefined ? [] : [{ path, bytes }])),
      file,
      ...(graph.drafter === undefined ? {} : { drafter: graph.drafter }),
      variants: (await findVariants(open)).map((variant) => ({ ...variant, loaded: join(dir, variant.path) === file })),
      weights: { formats: graph.weights, files: graph.weightFiles.map((path) => relative(dir, path)) },
      inputs,
      outputs,
      taps: { added, missing },
      cache,
      lastOnly: graph.lastOnly,
      width,
      vocabulary,
      unused: unused?.size ?? 0,
      notes,
      contextLength,
      eos,
      hidden,
      providers,
      device: model.device,
      numbers: graph.computesReadings,
      check,
      warnings,
    };
  } finally {
    await model.close();
  }
}

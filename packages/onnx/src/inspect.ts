import { join, relative } from "node:path";
import type { ByHiddenKind, Token } from "@lenity/core";
import type { SelfCheck } from "./checks/self-check.ts";
import type { Variant } from "./folder/dtypes.ts";
import { type DiskFolder, openFolder } from "./folder/open-folder.ts";
import { findVariants } from "./folder/variants.ts";
import { bytesPerToken, type CacheFamily, type CacheShape } from "./graph/cache-shape.ts";
import type { Port } from "./graph/port.ts";
import { type LoadOptions, loadModel } from "./load-model.ts";
import type { DeviceReport } from "./protocol/devices.ts";
import type { LoadReply } from "./protocol/protocol.ts";

/** What `lenity inspect` prints about a model folder. Plain data. */
export interface Inspection {
  readonly folder: string;
  /** Files in the folder and in its onnx/, with their sizes in bytes. */
  readonly files: readonly { readonly path: string; readonly bytes: number }[];
  /** The model file that was loaded. */
  readonly file: string;
  /** The drafter file that goes with it, if any: it drafts the same tokens as the model, a whole round per call. */
  readonly drafter?: string | undefined;
  /** The variants in the folder. One of them is the loaded one, unless a file was named. */
  readonly variants: readonly (Variant & { readonly loaded: boolean })[];
  /** How the weights are stored, largest part first, and in which files besides the model file. */
  readonly weights: { readonly formats: LoadReply["weights"]; readonly files: readonly string[] };
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  /**
   * Outputs and inputs missing from the file that were added in memory; and outputs that could not be added and why,
   * one sentence each.
   */
  readonly taps: Pick<LoadReply, "added" | "addedInputs" | "missing">;
  readonly cache: CacheShape & {
    /**
     * How the graph treats its past. All families can rewind: concat by moving the rows that stay, the others at no
     * cost.
     */
    readonly family: CacheFamily;
    /** Whether only the block's own rows are copied out of the graph. */
    readonly newRows: boolean;
    readonly bytesPerToken: number;
  };
  /** Whether the graph scores only the last position of a block, so that it can decode but not verify drafts. */
  readonly lastOnly: boolean;
  /**
   * The logits per row, padding included; how many of them are ids that may be drawn; how many of those ids have no
   * token.
   */
  readonly width: number;
  readonly vocabulary: number;
  readonly unused: number;
  /** Notes for the user on its file and its vocabulary. */
  readonly notes: readonly string[];
  readonly contextLength: number;
  readonly eos: readonly Token[];
  /** Width of each kind of hidden state that judges can read. */
  readonly hidden: ByHiddenKind<number>;
  /** The layers, counted from 1, whose hidden states can be asked for at loading (the option `hidden`). */
  readonly hiddenLayers: readonly number[];
  /** Execution providers that this build of ONNX Runtime can load, and the device that the model runs on. */
  readonly providers: LoadReply["providers"];
  readonly device: DeviceReport;
  /** Whether the values that verifiers need from drafted blocks are computed next to the logits. */
  readonly numbers: boolean;
  readonly check: SelfCheck;
  /** Whether single tokens always run alone, or only in sessions without `blockExact`. */
  readonly aloneAsInBlocks: boolean;
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
      int8,
      leastRows,
      family,
      newRows,
      providers,
    } = graph;
    const { added, addedInputs, missing, hiddenLayers } = graph;
    const special = {
      ...(combined === undefined ? {} : { combined }),
      ...(int8 === undefined ? {} : { int8 }),
      ...(leastRows === undefined ? {} : { leastRows }),
    };
    const cache = {
      family,
      newRows,
      layers,
      groups,
      headSize,
      precision,
      ...special,
      bytesPerToken: bytesPerToken(graph),
    };
    return {
      folder: dir,
      files: (await open.list()).flatMap(({ path, bytes }) => (bytes === undefined ? [] : [{ path, bytes }])),
      file,
      ...(graph.drafter === undefined ? {} : { drafter: graph.drafter }),
      variants: (await findVariants(open)).map((variant) => ({ ...variant, loaded: join(dir, variant.path) === file })),
      weights: { formats: graph.weights, files: graph.weightFiles.map((path) => relative(dir, path)) },
      inputs,
      outputs,
      taps: { added, addedInputs, missing },
      cache,
      lastOnly: graph.lastOnly,
      width,
      vocabulary,
      unused: unused?.size ?? 0,
      notes,
      contextLength,
      eos,
      hidden,
      hiddenLayers,
      providers,
      device: model.device,
      numbers: graph.computesReadings,
      check,
      aloneAsInBlocks: model.aloneAsInBlocks,
      warnings,
    };
  } finally {
    await model.close();
  }
}

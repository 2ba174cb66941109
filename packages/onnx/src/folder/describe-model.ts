/** What a folder says about its model, before the model file is opened. */

import type { Token } from "@lenity/core";
import type { SizeHints } from "../graph/size-hints.ts";
import type { TokenTexts } from "../tokenizer/token-table.ts";
import { droppedSettings } from "./dropped-settings.ts";
import { endless, withNamedEos } from "./end-of-answer.ts";
import { generationConfigOf } from "./generation-config.ts";
import { modelConfigOf } from "./model-config.ts";
import type { ModelFolder } from "./model-folder.ts";
import { type DraftTarget, draftVocabulary, ownVocabulary, type Vocabulary } from "./vocabulary.ts";

export interface Described extends Vocabulary {
  readonly name: string;
  /** The folder: a path or a URL. */
  readonly place: string;
  /** The logits per row of the graph. */
  readonly width: number;
  readonly tokens: TokenTexts | undefined;
  readonly contextLength: number;
  readonly eos: readonly Token[];
  /** Likely cache sizes, from the configuration. */
  readonly sizes: SizeHints;
  /** The model file named by genai_config.json, when that is the folder's configuration. */
  readonly filename: string | undefined;
  /** Warnings about the folder's settings, one line each. None for a draft model, whose text is not shown. */
  readonly warnings: readonly string[];
}

/** Settings that do not come from the folder. */
export interface DescribeOptions {
  readonly name: string;
  readonly draftsFor?: DraftTarget | undefined;
  readonly contextLength?: number | undefined;
}

/**
 * Describes the model in a folder. Rejects with `model_files`, and with `unsupported` when it does not match
 * `draftsFor`.
 */
export async function describeModel(
  folder: ModelFolder,
  { name, draftsFor, contextLength: asked }: DescribeOptions,
): Promise<Described> {
  if (asked !== undefined && !(Number.isInteger(asked) && asked >= 2))
    throw new RangeError(`contextLength is ${asked}; expected a whole number of tokens, 2 or more.`);
  const config = await modelConfigOf(folder, { asked, target: draftsFor?.contextLength });
  const { vocabulary: width, contextLength, eos: configured, sizes, filename } = config;
  const tokens = await folder.tokens();
  const eos = await withNamedEos(folder, configured, width);
  const outputs = { name, folder: folder.place, width, tokens };
  // A draft model's tokenizer must match the draft model itself, too.
  const own = ownVocabulary(outputs);
  const vocabulary = draftsFor === undefined ? own : draftVocabulary(outputs, draftsFor);
  const notes = [...config.notes, ...vocabulary.notes];
  const ends = eos.some((id) => id < vocabulary.vocabulary && !vocabulary.unused.has(id));
  const warnings = draftsFor === undefined ? await warningsOf(folder, ends) : [];
  return {
    name,
    place: folder.place,
    width,
    tokens,
    contextLength,
    eos,
    sizes,
    filename,
    warnings,
    ...vocabulary,
    notes,
  };
}

/** `ends`: whether the model can generate a token that ends an answer. */
async function warningsOf(folder: ModelFolder, ends: boolean): Promise<string[]> {
  const dropped = droppedSettings(await generationConfigOf(folder));
  return [...(ends ? [] : [endless(folder.place)]), ...(dropped === undefined ? [] : [dropped])];
}

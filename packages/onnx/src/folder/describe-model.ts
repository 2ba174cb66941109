/** What a folder says of its model, before the model file is opened. */

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
  /** The logits that the graph gives per row. */
  readonly width: number;
  readonly tokens: TokenTexts | undefined;
  readonly contextLength: number;
  readonly eos: readonly Token[];
  /** What the configuration lets expect of the cache's sizes. */
  readonly sizes: SizeHints;
  /** The model file that genai_config.json names, where that is the folder's configuration. */
  readonly filename: string | undefined;
  /**
   * What a user must know of the folder's settings, one line each: none for a draft model, whose answers nobody reads.
   */
  readonly warnings: readonly string[];
}

/** What is set beyond what the folder says. */
export interface DescribeOptions {
  readonly name: string;
  readonly draftsFor?: DraftTarget | undefined;
  readonly contextLength?: number | undefined;
}

/** What a folder says. Rejects with `model_files`, and with `unsupported` when it does not fit `draftsFor`. */
export async function describeModel(
  folder: ModelFolder,
  { name, draftsFor, contextLength: asked }: DescribeOptions,
): Promise<Described> {
  if (asked !== undefined && !(Number.isInteger(asked) && asked >= 2))
    throw new RangeError(`contextLength is ${asked}; expected a whole number of tokens from 2.`);
  const config = await modelConfigOf(folder, { asked, target: draftsFor?.contextLength });
  const { vocabulary: width, contextLength, eos: configured, sizes, filename } = config;
  const tokens = await folder.tokens();
  const eos = await withNamedEos(folder, configured, width);
  const outputs = { name, folder: folder.place, width, tokens };
  // The tokenizer of a draft must fit the draft itself too.
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

/** `ends`: whether the model can write a token that ends an answer. */
async function warningsOf(folder: ModelFolder, ends: boolean): Promise<string[]> {
  const dropped = droppedSettings(await generationConfigOf(folder));
  return [...(ends ? [] : [endless(folder.place)]), ...(dropped === undefined ? [] : [dropped])];
}

/** What a folder says of its model, before the model file is opened. */

import type { Token } from "@lenity/core";
import type { SizeHints } from "../graph/size-hints.ts";
import type { LoadRequest } from "../protocol/protocol.ts";
import { readTokenTexts, type TokenTexts } from "../tokenizer/token-table.ts";
import { droppedSettings } from "./dropped-settings.ts";
import { endless, withNamedEos } from "./end-of-answer.ts";
import type { ModelFiles } from "./model-files.ts";
import { readGenerationConfig, readModelFolder } from "./model-folder.ts";
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
  /** What a user must know of what the folder says, one line each: none of a draft model, whose answers nobody reads. */
  readonly warnings: readonly string[];
}

/** What is asked for beyond what the folder says. */
export interface DescribeOptions {
  readonly name: string;
  readonly draftsFor?: DraftTarget | undefined;
  readonly contextLength?: number | undefined;
}

/** Reads the configuration and the tokenizer of a folder. Rejects with `model_files`, and with `unsupported` when it does not fit `draftsFor`. */
export async function describeModel(files: ModelFiles, { name, draftsFor, contextLength: asked }: DescribeOptions): Promise<Described> {
  if (asked !== undefined && !(Number.isInteger(asked) && asked >= 2))
    throw new RangeError(`contextLength is ${asked}; expected a whole number of tokens from 2.`);
  const folder = await readModelFolder(files, { asked, target: draftsFor?.contextLength });
  const { vocabulary: width, contextLength, eos: configured, sizes, filename } = folder;
  const tokens = await readTokenTexts(files);
  const eos = await withNamedEos(files, configured, { width, tokens });
  const outputs = { name, folder: files.place, width, tokens };
  // The tokenizer of a draft must fit the draft itself too.
  const own = ownVocabulary(outputs);
  const vocabulary = draftsFor === undefined ? own : draftVocabulary(outputs, draftsFor);
  const notes = [...folder.notes, ...vocabulary.notes];
  const ends = eos.some((id) => id < vocabulary.vocabulary && !vocabulary.unused.has(id));
  const warnings = draftsFor === undefined ? await warningsOf(files, ends) : [];
  return { name, place: files.place, width, tokens, contextLength, eos, sizes, filename, warnings, ...vocabulary, notes };
}

/** `ends`: whether the model can say a token that ends an answer. */
async function warningsOf(files: ModelFiles, ends: boolean): Promise<string[]> {
  const dropped = droppedSettings(await readGenerationConfig(files));
  return [...(ends ? [] : [endless(files.place)]), ...(dropped === undefined ? [] : [dropped])];
}

/** The request that loads it. */
export function loadRequest(
  { name, width, vocabulary, unused, contextLength, eos, sizes }: Described,
  how: Omit<LoadRequest, "type" | "name" | "width" | "vocabulary" | "unused" | "contextLength" | "eos" | "sizes">,
): LoadRequest {
  return { type: "load", name, ...how, width, vocabulary, unused, contextLength, eos, sizes };
}

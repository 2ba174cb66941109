/** What a folder says of its model, before the model file is opened. */
import type { Token } from "@lenity/core";
import type { ModelFiles } from "./model-files.ts";
import { readModelFolder } from "./model-folder.ts";
import type { OnnxModel } from "./onnx-model.ts";
import type { LoadRequest } from "./protocol.ts";
import { readTokenTexts, type TokenTexts } from "./token-texts.ts";
import { draftVocabulary, ownVocabulary, type Vocabulary } from "./vocabulary.ts";

export interface Described extends Vocabulary {
  readonly name: string;
  /** The folder: a path or a URL. */
  readonly place: string;
  /** The logits that the graph gives per row. */
  readonly width: number;
  readonly tokens: TokenTexts | undefined;
  readonly contextLength: number;
  readonly eos: readonly Token[];
}

/** Reads the configuration and the tokenizer of a folder. Rejects with `model_files`, and with `unsupported` when it does not fit `draftsFor`. */
export async function describeModel(files: ModelFiles, name: string, draftsFor: OnnxModel | undefined): Promise<Described> {
  const { vocabulary: width, contextLength, eos } = await readModelFolder(files);
  const tokens = await readTokenTexts(files);
  const outputs = { name, folder: files.place, width, tokens };
  // The tokenizer of a draft must fit the draft itself too.
  const own = ownVocabulary(outputs);
  const vocabulary = draftsFor === undefined ? own : draftVocabulary(outputs, draftsFor);
  return { name, place: files.place, width, tokens, contextLength, eos, ...vocabulary };
}

/** The request that loads it. */
export function loadRequest(
  { name, width, vocabulary, unused, contextLength, eos }: Described,
  how: Omit<LoadRequest, "type" | "name" | "width" | "vocabulary" | "unused" | "contextLength" | "eos">,
): LoadRequest {
  return { type: "load", name, ...how, width, vocabulary, unused, contextLength, eos };
}

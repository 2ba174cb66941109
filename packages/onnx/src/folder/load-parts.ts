/** Loads what is in a model's folder besides the model. */
import { basename, resolve } from "node:path";
import type { Sampling, Token } from "@lenity/core";
import { encodeThread } from "../tokenizer/encode-thread.ts";
import type { FolderTokenizer } from "../tokenizer/folder-tokenizer.ts";
import { type ChatTemplate, chatTemplateOf } from "./chat-template.ts";
import { describeModel } from "./describe-model.ts";
import { samplingOf } from "./generation-config.ts";
import { type DiskFolder, openFolder } from "./open-folder.ts";
import { tokenizerOf } from "./tokenizer-of-folder.ts";
import type { DraftTarget } from "./vocabulary.ts";

/**
 * Loads the tokenizer (tokenizer.json, and tokenizer_config.json if it exists), with a thread for long texts
 * (`encodeAsync`). `worker` is that thread's script, for bundlers that put it elsewhere. `encode` adds no BOS or EOS:
 * chat templates contain them. Rejects with `model_files` when the folder or the file is missing, or is not a
 * tokenizer.
 */
export async function loadTokenizer(
  folder: DiskFolder,
  { worker }: { readonly worker?: URL | undefined } = {},
): Promise<FolderTokenizer> {
  const open = await openFolder(folder);
  return { ...(await tokenizerOf(open)), encodeAsync: encodeThread(resolve(open.place), worker) };
}

/**
 * What the folder says about its model, without loading it: for a target that runs elsewhere, and for draft models that
 * draft for it (`draftsFor`). Needs config.json and tokenizer.json. Rejects with `model_files`.
 */
export async function describeFolder(
  folder: DiskFolder,
  { contextLength }: { readonly contextLength?: number | undefined } = {},
): Promise<FolderDescription> {
  const open = await openFolder(folder);
  const described = await describeModel(open, { name: basename(resolve(open.place)), contextLength });
  const { name, place, width, tokens, vocabulary, unused, eos, notes } = described;
  return { name, folder: place, width, tokens, vocabulary, unused, eos, notes, contextLength: described.contextLength };
}

/** A model as its folder describes it. */
export interface FolderDescription extends DraftTarget {
  readonly unused: ReadonlySet<Token>;
  readonly eos: readonly Token[];
  /** Notes for the user, as sentences without a full stop. */
  readonly notes: readonly string[];
}

/** Loads the chat template; undefined when there is none. Rejects with `model_files` when it cannot be read. */
export async function loadChatTemplate(folder: DiskFolder): Promise<ChatTemplate | undefined> {
  return chatTemplateOf(await openFolder(folder));
}

/**
 * Loads the sampling recommended by generation_config.json: greedy unless it enables sampling. Rejects with
 * `model_files` when it cannot be read.
 */
export async function loadSampling(folder: DiskFolder): Promise<Partial<Sampling>> {
  return samplingOf(await openFolder(folder));
}

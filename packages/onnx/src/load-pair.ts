import type { Drafter, Tokenizer } from "@lenity/core";
import type { ChatTemplate } from "./folder/chat-template.ts";
import { loadChatTemplate, loadTokenizer } from "./folder/load-parts.ts";
import { type DiskFolder, openFolder } from "./folder/open-folder.ts";
import { type LoadOptions, loadModel } from "./load-model.ts";
import { onnxDrafter } from "./onnx-drafter.ts";
import type { OnnxModel } from "./onnx-model.ts";

/** A target and its draft model. */
export interface Pair {
  readonly target: OnnxModel;
  readonly draft: OnnxModel;
  /** The target's tokenizer; the draft model drafts only ids that mean the same to both. */
  readonly tokenizer: Tokenizer;
  /** The target's chat template, for @lenity/chat; undefined for base models. */
  readonly chatTemplate: ChatTemplate | undefined;
  /** Notes for the user on the two vocabularies, as sentences without a full stop. Empty when both are the same. */
  readonly notes: readonly string[];
  /** Makes a new drafter, for one answer. */
  drafter(): Drafter;
  close(): Promise<void>;
}

/**
 * How a pair is loaded: the options of `loadModel` that apply to both, the hidden states of each, and the target's
 * `threads`. The draft model has one thread.
 */
export interface PairOptions extends Pick<LoadOptions, "engines" | "cacheBytes" | "device" | "threads" | "worker"> {
  /** The option `hidden` of the target. */
  readonly hidden?: LoadOptions["hidden"];
  /** The option `hidden` of the draft model. */
  readonly draftHidden?: LoadOptions["hidden"];
}

/**
 * Loads two model folders with the threads that suit a pair. `engines` is per model: an answer either drafts or
 * verifies, so one thread is busy per answer. Rejects as `loadModel` does, and with `unsupported` when the tokenizers
 * differ. On failure nothing is left running.
 */
export async function loadPair(
  targetFolder: DiskFolder,
  draftFolder: DiskFolder,
  { hidden, draftHidden, ...options }: PairOptions = {},
): Promise<Pair> {
  const folder = await openFolder(targetFolder);
  const [tokenizer, chatTemplate] = await Promise.all([loadTokenizer(folder), loadChatTemplate(folder)]);
  const target = await loadModel(folder, { ...options, hidden, drafter: false });
  try {
    const draft = await loadModel(draftFolder, { ...options, hidden: draftHidden, threads: 1, draftsFor: target });
    const close = async () => {
      await Promise.all([target.close(), draft.close()]);
    };
    const notes = [...target.notes, ...draft.notes];
    return { target, draft, tokenizer, chatTemplate, notes, drafter: () => onnxDrafter(draft), close };
  } catch (error) {
    await target.close();
    throw error;
  }
}

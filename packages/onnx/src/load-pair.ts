import type { Drafter, Tokenizer } from "@lenity/core";
import type { ChatTemplate } from "./folder/chat-template.ts";
import { loadChatTemplate, loadTokenizer } from "./folder/load-parts.ts";
import { type DiskFolder, openFolder } from "./folder/open-folder.ts";
import { type LoadOptions, loadModel } from "./load-model.ts";
import { onnxDrafter } from "./onnx-drafter.ts";
import type { OnnxModel } from "./onnx-model.ts";

/** A target with the draft model that proposes for it. */
export interface Pair {
  readonly target: OnnxModel;
  readonly draft: OnnxModel;
  /** The target's; the draft model only drafts ids that mean the same to both. */
  readonly tokenizer: Tokenizer;
  /** The target's, for @lenity/chat; undefined for base models. */
  readonly chatTemplate: ChatTemplate | undefined;
  /** What a user should know of the two vocabularies, as sentences without a full stop: empty where they are one. */
  readonly notes: readonly string[];
  /** A fresh drafter, for one answer. */
  drafter(): Drafter;
  close(): Promise<void>;
}

/** How a pair is loaded: the options of `loadModel` that hold for both. */
export type PairOptions = Pick<LoadOptions, "engines" | "cacheBytes" | "device">;

/**
 * Loads two model folders with the threads that suit a pair. With several engines each model has so many: an answer
 * drafts or verifies, so as many threads are busy as answers are made. Rejects as `loadModel` does, and with
 * `unsupported` when their tokenizers differ; leaves nothing running then.
 */
export async function loadPair(
  targetFolder: DiskFolder,
  draftFolder: DiskFolder,
  options: PairOptions = {},
): Promise<Pair> {
  const folder = await openFolder(targetFolder);
  const [tokenizer, chatTemplate] = await Promise.all([loadTokenizer(folder), loadChatTemplate(folder)]);
  const target = await loadModel(folder, { ...options, drafter: false });
  try {
    const draft = await loadModel(draftFolder, { ...options, threads: 1, draftsFor: target });
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

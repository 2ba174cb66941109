import type { Drafter, Tokenizer } from "@lenity/core";
import { startPair } from "./engine/pair-engines.ts";
import { prepareModel, runningModel } from "./engine/prepare-model.ts";
import { startThread } from "./engine/thread-link.ts";
import type { ChatTemplate } from "./folder/chat-template.ts";
import { loadChatTemplate, loadTokenizer } from "./folder/load-parts.ts";
import { type DiskFolder, openFolder } from "./folder/open-folder.ts";
import type { LoadOptions } from "./load-options.ts";
import { onnxDrafter } from "./onnx-drafter.ts";
import type { OnnxModel } from "./onnx-model.ts";
import { threadScript } from "./protocol/thread-script.ts";

/** A target and its draft model. They share threads, so closing one closes both. */
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

/** How a pair is loaded: the options of its target, of which most count for both. */
export interface PairOptions extends Omit<LoadOptions, "drafter" | "draftsFor"> {
  /** The option `dtype` of the draft model. */
  readonly draftDtype?: LoadOptions["dtype"];
  /** The option `hidden` of the draft model. */
  readonly draftHidden?: LoadOptions["hidden"];
}

/**
 * Loads two model folders into the same worker threads, so that a round of drafting and verifying is one message. The
 * draft model computes in the worker's own thread, the target with `threads` threads. The options `dtype`, `file`,
 * `hidden`, `contextLength`, `numbers` and `name` are the target's; `draftDtype` and `draftHidden` the draft model's;
 * the others count for both. Rejects as `loadModel` does, and with `unsupported` when the tokenizers differ. On failure
 * nothing is left running.
 */
export async function loadPair(
  targetFolder: DiskFolder,
  draftFolder: DiskFolder,
  { draftDtype, draftHidden, ...options }: PairOptions = {},
): Promise<Pair> {
  const folder = await openFolder(targetFolder);
  const [tokenizer, chatTemplate] = await Promise.all([loadTokenizer(folder), loadChatTemplate(folder)]);
  const prepared = await prepareModel(folder, { ...options, drafter: false });
  const {
    engines,
    cacheBytes,
    sessionBytes,
    batchBytes,
    device,
    spin,
    worker = threadScript("./worker", import.meta.url),
  } = options;
  const drafting = await prepareModel(draftFolder, {
    ...{ engines, cacheBytes, sessionBytes, batchBytes, device, spin },
    dtype: draftDtype,
    hidden: draftHidden,
    threads: 1,
    draftsFor: { ...prepared.described, folder: prepared.described.place },
  });
  const running = await startPair(prepared, drafting, (owner, onLost) => startThread(worker, owner, onLost));
  const target = await runningModel(prepared, running.target);
  const draft = await runningModel(drafting, running.draft);
  return {
    target,
    draft,
    tokenizer,
    chatTemplate,
    notes: [...target.notes, ...draft.notes],
    drafter: () => onnxDrafter(draft),
    close: () => target.close(),
  };
}

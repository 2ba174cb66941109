import type { Drafter, Tokenizer } from "@lenity/core";
import { onnxDrafter } from "./drafter.ts";
import { loadModel, type OnnxModel } from "./model.ts";
import { loadTokenizer } from "./tokenizer.ts";

/** A target with the draft model that proposes for it. */
export interface Pair {
  readonly target: OnnxModel;
  readonly draft: OnnxModel;
  /** The target's; the draft has the same vocabulary. */
  readonly tokenizer: Tokenizer;
  /** A fresh drafter, for one answer. */
  drafter(): Drafter;
  close(): Promise<void>;
}

/** Loads two model folders with the threads that suit a pair. Rejects as `loadModel` does, and leaves nothing running then. */
export async function loadPair(targetFolder: string | URL, draftFolder: string | URL): Promise<Pair> {
  const tokenizer = await loadTokenizer(targetFolder);
  const target = await loadModel(targetFolder, { threads: 2 });
  try {
    const draft = await loadModel(draftFolder, { threads: 1 });
    const close = async () => {
      await Promise.all([target.close(), draft.close()]);
    };
    return { target, draft, tokenizer, drafter: () => onnxDrafter(draft), close };
  } catch (error) {
    await target.close();
    throw error;
  }
}

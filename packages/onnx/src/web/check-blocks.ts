import { type LanguageModel, LenityError } from "@lenity/core";
import { difference, scored } from "../self-check.ts";

/** Tokens; kernels for GPUs change with the size of a block, at 32 where it was seen to go wrong. */
const [long, short] = [48, 16];

/**
 * Compares one long block with short ones, which a self-check of a few tokens does not: on SwiftShader, WebGPU's scores of blocks from 32 tokens on
 * are other ones altogether. Rejects with `unsupported` where they differ by more than a hundredth of `spread`.
 */
export async function checkBlocks(model: LanguageModel, spread: number): Promise<void> {
  const ids = Math.min(model.vocabulary, model.readable ?? model.vocabulary);
  const tokens = Array.from({ length: Math.min(long, model.contextLength) }, (_, i) => (i * 7919 + 1) % ids);
  const blocks = Array.from({ length: Math.ceil(tokens.length / short) }, (_, i) => tokens.slice(i * short, (i + 1) * short));
  const [whole, pieces] = [await scored(model, [tokens]), await scored(model, blocks)];
  const off = difference(whole, pieces, whole.length);
  if (off <= spread / 100) return;
  throw new LenityError(
    "unsupported",
    `WebGPU scores ${tokens.length} tokens of ${model.name} otherwise in one block than in blocks of ${short} (by ${off.toPrecision(2)} where logits span ${spread.toPrecision(2)}): its kernels are wrong on this device. Load the model with the provider wasm.`,
  );
}

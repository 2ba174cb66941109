import { LenityError, type Sampling, sampling, type Token } from "@lenity/core";
import { remedy } from "../open/open-drafter.ts";
import { draftRound } from "../run/draft-round.ts";
import { append, type Model, newSequence } from "../run/sequence.ts";

/** The coins of the sampled draft; four tokens tell one set of weights from another. */
const uniform = [0.15, 0.85, 0.4, 0.6];

/**
 * Drafts a few tokens by the drafter file and by steps of the model. A file from other weights would still be lossless, since the target
 * verifies every token, but its drafts would be bad ones. Throws `model_files` when the two differ.
 */
export async function checkDrafter(model: Model, eos: ReadonlySet<Token>, drafter: string, file: string): Promise<void> {
  for (const settings of [sampling(), sampling({ temperature: 1 })]) {
    const drafted = await draft(model, settings, eos);
    const stepped = await draft({ ...model, drafter: undefined }, settings, eos);
    // Zero where this was measured: both run blocks of the same shapes.
    const tolerance = 1e-3 * spread(stepped.logits);
    const same = drafted.tokens.join() === stepped.tokens.join();
    const close = drafted.logits.every(
      (logit, i) => logit === stepped.logits[i] || Math.abs(logit - (stepped.logits[i] as number)) <= tolerance,
    );
    if (same && close) continue;
    throw new LenityError(
      "model_files",
      `${drafter} drafts ${drafted.tokens.join(", ")} where ${file} drafts ${stepped.tokens.join(", ")}${same ? " from other logits" : ""}: it holds other weights. ${remedy}`,
    );
  }
}

async function draft(model: Model, settings: Sampling, eos: ReadonlySet<Token>) {
  const { vocabulary, contextLength } = model;
  const context = Array.from({ length: Math.min(4, Math.floor(contextLength / 2)) }, (_, i) => (i * 7919 + 1) % vocabulary);
  const sequence = newSequence();
  // In both ways the first draw follows a single token.
  await append(model, sequence, context.slice(0, -1), { rows: 0 });
  return draftRound(model, sequence, { type: "draft", session: 0, context, limit: uniform.length, sampling: settings, uniform }, eos);
}

function spread(logits: Float32Array): number {
  let [lowest, highest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  // Tokens that are never said have −∞.
  for (const logit of logits) if (logit > Number.NEGATIVE_INFINITY) [lowest, highest] = [Math.min(lowest, logit), Math.max(highest, logit)];
  return highest - lowest;
}

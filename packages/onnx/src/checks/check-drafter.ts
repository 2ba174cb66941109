import { LenityError, type Sampling, sampling, type Token } from "@lenity/core";
import { drafterRemedy } from "../folder/drafter-file.ts";
import { draftRound } from "../run/draft-round.ts";
import { append, type Model, newSequence } from "../run/sequence.ts";
import { relativeDifference, tolerance } from "./difference.ts";
import { probeTokens } from "./probe-tokens.ts";

/** The coins of the sampled draft. Four tokens are enough to notice different weights. */
const uniform = [0.15, 0.85, 0.4, 0.6];

/**
 * Drafts a few tokens with the drafter file and with the model token by token. A drafter with other weights would still
 * be lossless, since the target verifies every token, but its drafts would be bad. Throws `model_files` when the two
 * differ.
 */
export async function checkDrafter(
  model: Model,
  eos: ReadonlySet<Token>,
  drafter: string,
  file: string,
): Promise<void> {
  for (const settings of [sampling(), sampling({ temperature: 1 })]) {
    const called = await draft(model, settings, eos);
    const stepped = await draft({ ...model, drafter: undefined }, settings, eos);
    const same = called.tokens.join() === stepped.tokens.join();
    if (same && relativeDifference(called.logits, stepped.logits) <= tolerance.float32) continue;
    throw new LenityError(
      "model_files",
      `${drafter} drafts ${called.tokens.join(", ")} where ${file} drafts ${stepped.tokens.join(", ")}${same ? " from other logits" : ""}: it has different weights. ${drafterRemedy}`,
    );
  }
}

async function draft(model: Model, settings: Sampling, eos: ReadonlySet<Token>) {
  const { vocabulary, contextLength } = model;
  const context = probeTokens(Math.min(4, Math.floor(contextLength / 2)), vocabulary);
  const sequence = newSequence();
  // So that the first draw follows a single token both times.
  await append(model, sequence, context.slice(0, -1), { rows: 0 });
  return draftRound(
    model,
    sequence,
    { type: "draft", session: 0, context, limit: uniform.length, sampling: settings, uniform },
    eos,
  );
}

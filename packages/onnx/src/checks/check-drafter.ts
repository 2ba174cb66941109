import { LenityError, sampling, type Token } from "@lenity/core";
import { drafterRemedy } from "../folder/drafter-file.ts";
import type { DraftedRound, DraftMessage } from "../protocol/protocol.ts";
import { draftRound } from "../run/draft-round.ts";
import { append, type Model, newSequence } from "../run/sequence.ts";
import { relativeDifference, tolerance } from "./difference.ts";
import { probeTokens } from "./probe-tokens.ts";

/** The coins of the sampled draft. Four tokens are enough to notice different weights. */
const uniform = [0.15, 0.85, 0.4, 0.6];

/** Rows this flat leave the decision to the noise. */
const noisy = [sampling({ temperature: 100 }), "post-norm", 1] as const;

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
  for (const [settings, kind, noise] of [
    [sampling(), "pre-norm"],
    [sampling({ temperature: 1 }), "post-norm"],
    ...(model.drafter?.takesNoise === true ? [noisy] : []),
  ] as const) {
    const hidden = model.drafter?.hidden[kind] === undefined ? undefined : kind;
    const called = await draft(model, { sampling: settings, noise, hidden }, eos);
    const stepped = await draft({ ...model, drafter: undefined }, { sampling: settings, noise, hidden }, eos);
    const same = called.tokens.join() === stepped.tokens.join();
    const rows = ({ logits, hidden = new Float32Array(0) }: DraftedRound) => [logits, hidden] as const;
    const others = rows(stepped);
    const alike = rows(called).every(
      (found, i) => relativeDifference(found, others[i] as Float32Array) <= tolerance.float32,
    );
    if (same && alike) continue;
    throw new LenityError(
      "model_files",
      `${drafter} drafts ${called.tokens.join(", ")} where ${file} drafts ${stepped.tokens.join(", ")}${same ? " from other logits or hidden states" : ""}: it has different weights. ${drafterRemedy}`,
    );
  }
}

async function draft(
  model: Model,
  settings: Pick<DraftMessage, "sampling" | "noise" | "hidden">,
  eos: ReadonlySet<Token>,
): Promise<DraftedRound> {
  const { vocabulary, contextLength } = model;
  const context = probeTokens(Math.min(4, Math.floor(contextLength / 2)), vocabulary);
  const sequence = newSequence();
  // So that the first draw follows a single token both times.
  const from = context.length - 1;
  await append(model, sequence, context.slice(0, from), { rows: 0 });
  const how = { limit: uniform.length, uniform, ...settings };
  const request = { type: "draft", session: 0, from, tokens: context.slice(from), ...how } as const;
  return draftRound(model, sequence, request, eos);
}

import { LenityError } from "../error.ts";
import type { LanguageModel } from "../model.ts";

/** How an error names the model at fault. */
export type Culprit = Pick<LanguageModel, "name" | "source">;

/** The error for logits that are not numbers. `seen` is what was found, such as NaN. */
export function badLogits(seen: string, model?: Culprit, cause?: unknown): LenityError {
  const facts = { kind: "not_numbers", subject: seen, model: model?.name, cause } as const;
  const [what, remedy] =
    model === undefined
      ? ["The model", ""]
      : [
          `The model ${model.name}${model.source === undefined ? "" : ` (${model.source})`}`,
          " Use another variant of it, such as fp32 instead of fp16 or q4.",
        ];
  return new LenityError(
    "bad_logits",
    `${what} returned logits with ${seen}; expected numbers. The cause is its weights or precision, not the request.${remedy}`,
    facts,
  );
}

/** Runs the computation. If it throws `bad_logits`, the error is changed to name the model, its file and a remedy. */
export function blame<T>(culprit: Culprit | undefined, compute: () => T): T {
  try {
    return compute();
  } catch (error) {
    throw culprit === undefined ? error : blamed(culprit, error);
  }
}

/** Returns `bad_logits` with the model's name, and any other error unchanged. */
export function blamed(culprit: Culprit, error: unknown): unknown {
  const unnamed = error instanceof LenityError && error.kind === "not_numbers" && error.model === undefined;
  return unnamed ? badLogits(error.subject ?? "NaN", culprit, error) : error;
}

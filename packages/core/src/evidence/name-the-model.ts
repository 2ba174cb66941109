import { LenityError } from "../error.ts";
import type { LanguageModel } from "../model.ts";

/** What an error says of the model at fault. */
export type Culprit = Pick<LanguageModel, "name" | "source">;

/** Logits that are no numbers. `seen` is what stands in their place, such as NaN. */
export function badLogits(seen: string, model?: Culprit, cause?: unknown): LenityError {
  const facts = { kind: "not_numbers", subject: seen, model: model?.name, cause } as const;
  const [what, remedy] =
    model === undefined
      ? ["The model", ""]
      : [
          `The model ${model.name}${model.source === undefined ? "" : ` (${model.source})`}`,
          " Take another variant of it, such as fp32 in place of fp16 or q4.",
        ];
  return new LenityError(
    "bad_logits",
    `${what} returned logits with ${seen}; expected numbers. Its weights or precision are at fault, not the request.${remedy}`,
    facts,
  );
}

/** Runs the computation; a complaint about its logits then names the model that gave them, its file and a remedy. */
export function blame<T>(culprit: Culprit | undefined, compute: () => T): T {
  try {
    return compute();
  } catch (error) {
    throw culprit === undefined ? error : blamed(culprit, error);
  }
}

/** `bad_logits` with the model named; any other error as it is. */
export function blamed(culprit: Culprit, error: unknown): unknown {
  const unnamed = error instanceof LenityError && error.kind === "not_numbers" && error.model === undefined;
  return unnamed ? badLogits(error.subject ?? "NaN", culprit, error) : error;
}

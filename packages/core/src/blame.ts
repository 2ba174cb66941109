import { LenityError } from "./error.ts";
import type { LanguageModel } from "./model.ts";

/** What an error says of the model at fault. */
export type Culprit = Pick<LanguageModel, "name" | "source">;

/** Runs the computation; a complaint about its logits then names the model that gave them, its file and a remedy. */
export function blame<T>(culprit: Culprit | undefined, compute: () => T): T {
  try {
    return compute();
  } catch (error) {
    throw culprit === undefined ? error : blamed(culprit, error);
  }
}

/** `bad_logits` with the model named; any other error as it is. */
export function blamed({ name, source }: Culprit, error: unknown): unknown {
  if (!(error instanceof LenityError) || error.code !== "bad_logits" || error.cause instanceof LenityError) return error;
  const said = error.message.replace(/^The model/, `The model ${name}${source === undefined ? "" : ` (${source})`}`);
  return new LenityError("bad_logits", `${said} Take another variant of it, such as fp32 in place of fp16 or q4.`, { cause: error });
}

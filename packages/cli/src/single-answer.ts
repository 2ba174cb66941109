/** An answer on its own, with its figures, for `lenity chat QUESTION` and `lenity complete`. */
import { styleText } from "node:util";
import type { Answer, Verifier } from "@lenity/core";
import { type Answering, answer, type Prompt } from "./answer.ts";
import type { ServedModels } from "./load-models.ts";
import { note } from "./output.ts";
import { tokenColors } from "./token-colors.ts";

/** Generates and prints an answer. With `trace`, colors show who accepted each token, and a legend explains them. */
export async function singleAnswer(
  models: ServedModels,
  prompt: Prompt,
  { speculation, options, signal }: Omit<Answering, "colors">,
): Promise<void> {
  const colors = options.trace === true ? tokenColors() : undefined;
  const answered = await answer(models, prompt, { speculation, options, colors, signal });
  if (options.json === true) return;
  if (answered.answer === undefined) note(styleText("dim", "stopped"));
  else note(styleText("dim", figures(answered.answer, speculation.verifier, answered.milliseconds)));
  if (colors !== undefined) note(colors.legend());
}

/** They go to standard error, so that the text can be piped. */
function figures({ counters, reason }: Answer, verifier: Verifier, milliseconds: number): string {
  return [
    `${counters.emitted} tokens in ${counters.rounds} target passes (${(counters.emitted / Math.max(1, counters.rounds)).toFixed(1)} per pass)`,
    `${((1000 * counters.emitted) / milliseconds).toFixed(0)} tokens/s`,
    `${verifier.name}: ${counters.accepted} of ${counters.drafted} drafted tokens accepted, ${counters.relaxed} by relaxation`,
    ...(reason === "length" ? ["cut off at the token limit"] : []),
  ].join(" · ");
}

/** What a session refuses. */
import { type HiddenKind, LenityError, type Token } from "@lenity/core";
import { layerOf } from "@lenity/core/internal";
import type { ModelFacts, SessionState } from "./session-state.ts";

export function checkOpen(model: ModelFacts, { closed }: SessionState): void {
  // Its cache may belong to another session by now.
  if (closed) throw new Error(`A session of ${model.name} was used after it was closed.`);
}

export function checkTokens(tokens: readonly Token[], model: ModelFacts): void {
  const stray = tokens.find((token) => !(Number.isInteger(token) && token >= 0 && token < model.readable));
  if (stray !== undefined)
    throw new RangeError(`Token ${stray} is unknown to ${model.name}; expected an id from 0 to ${model.readable - 1}.`);
}

export function checkHidden(kind: HiddenKind | undefined, model: ModelFacts): void {
  if (kind === undefined || model.hidden[kind] !== undefined) return;
  const output = kind === "pre-norm" ? "hidden_states" : "last_hidden_state";
  const advice =
    layerOf(kind) === undefined
      ? `Export it with the output ${output}.`
      : "Load it with the option hidden; if that was done, its graph.missing says why it has none.";
  throw new LenityError("unsupported", `${model.name} has no ${kind} hidden states. ${advice}`);
}

export function checkRows(rows: number, { name, lastOnly }: ModelFacts): void {
  if (lastOnly !== true || rows <= 1) return;
  throw new LenityError(
    "unsupported",
    `${name} scores only the last position of a block, but ${rows} were requested. Request one.`,
  );
}

export function contextFull(model: ModelFacts, held: number, more: number): LenityError {
  return new LenityError(
    "context_full",
    `${model.name} has a context of ${model.contextLength} tokens: ${held} are in use, ${more} more do not fit. Shorten the prompt or the answer.`,
  );
}

import { type ChatWriter, chatWriter } from "@lenity/chat";
import { quoted } from "@lenity/core/internal";
import { ApiError } from "../http/api-error.ts";
import { chosenSpeculation } from "../request/chosen-speculation.ts";
import type { ServedModel } from "../served-model.ts";
import { type Grammars, grammarsFor } from "./grammars.ts";

/** A served model whose template is parsed. */
export interface ReadyModel extends ServedModel {
  readonly writer: ChatWriter;
  /** The ids of its tokens are below this: those that both the model and the tokenizer have. */
  readonly vocabulary: number;
  readonly grammars: Grammars;
}

/**
 * Parses the template and creates the default policy once, so that an error in them fails at startup and not in a
 * request.
 */
export function ready(model: ServedModel): ReadyModel {
  chosenSpeculation({}, model);
  const { target, tokenizer } = model;
  const vocabulary = Math.min(target.vocabulary, tokenizer.vocabulary);
  const writer = chatWriter(model);
  return { ...model, writer, vocabulary, grammars: grammarsFor({ ...tokenizer, vocabulary }, writer.form) };
}

/** The model of this name, or the first one if the request names none. Throws a 404. */
export function modelOf(id: string | null | undefined, models: ReadonlyMap<string, ReadyModel>): ReadyModel {
  const name = id ?? models.keys().next().value ?? "";
  const model = models.get(name);
  if (model === undefined) throw unknownModel(name, models);
  return model;
}

export function unknownModel(id: string, models: ReadonlyMap<string, ServedModel>): ApiError {
  const known = [...models.keys()].join(", ");
  return new ApiError(404, `The model ${quoted(id)} does not exist. Known: ${known}.`, {
    param: "model",
    code: "model_not_found",
  });
}

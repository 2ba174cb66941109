import { argmax, type LanguageModel, type Token } from "@lenity/core";
import { blamed } from "@lenity/core/internal";

/** The most probable token in one row of a model's logits [rows, vocabulary]. Errors name the model. */
export function bestToken(model: LanguageModel, logits: Float32Array, row: number): Token {
  try {
    return argmax(logits.subarray(row * model.vocabulary, (row + 1) * model.vocabulary));
  } catch (error) {
    throw blamed(model, error);
  }
}

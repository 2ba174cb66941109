import { type Drafter, type LanguageModel, modelDrafter } from "@lenity/core";

/** A draft model that drafts from the first token on, as if the target were elsewhere: local rounds are then the same. */
export function draftAtOnce(model: LanguageModel): Drafter {
  const { prepare, ...drafter } = modelDrafter(model);
  return drafter;
}

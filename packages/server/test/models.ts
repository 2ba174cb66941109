/** Models and what a server needs besides them. No more imports: a worker of the tests has these too. */
import { defaultRegistry, type LanguageModel, lookupDrafter, modelDrafter } from "@lenity/core";
import { noisyModel, randomModel, type TableModel } from "@lenity/core/testing";
import { bytes, chatTemplate, control } from "../../chat/test/byte-model.ts";
import type { ServedModel } from "../src/index.ts";

export { bytes, control, sayingModel } from "../../chat/test/byte-model.ts";

/** A target of random bytes that ends now and then, and a drafter that mostly agrees with it. */
export function randomPair(seed = 1): { readonly target: TableModel; readonly draft: TableModel } {
  const shape = { seed, vocabulary: bytes.vocabulary, eos: [control("end")], scale: 4 };
  return { target: randomModel(shape), draft: noisyModel({ ...shape, noise: 1 }) };
}

/** The model with every pass preceded by `before`, which gets the tokens held so far. */
export function delayed(
  model: LanguageModel,
  before: (held: number, signal: AbortSignal | undefined) => Promise<void>,
): LanguageModel {
  return {
    ...model,
    async open(options) {
      const session = await model.open(options);
      return {
        get length() {
          return session.length;
        },
        async append(tokens, how) {
          await before(session.length, how?.signal);
          return session.append(tokens, how);
        },
        rewind: (length) => session.rewind(length),
        close: () => session.close(),
      };
    },
  };
}

export function served(
  target: LanguageModel,
  draft: LanguageModel = target,
  options: Partial<ServedModel> = {},
): ServedModel {
  return {
    id: "double",
    target,
    tokenizer: bytes,
    chatTemplate,
    drafters: { model: () => modelDrafter(draft), lookup: () => lookupDrafter() },
    registry: defaultRegistry(),
    ...options,
  };
}

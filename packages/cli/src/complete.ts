import { LenityError } from "@lenity/core";
import { type AnswerOptions, answer } from "./answer.ts";
import { loadModels } from "./load-models.ts";
import { eachQuestion } from "./questions.ts";

/** `lenity complete`: goes on with a text as it stands, without a chat template. At a terminal each line is a text of its own. */
export async function complete(text: string | undefined, options: AnswerOptions): Promise<void> {
  const models = await loadModels(options);
  try {
    models.registry.create(options.policy); // a misspelt policy is reported before the first text
    await eachQuestion(text, "text", async (given) => {
      // Editors and echo end a text with a line break that is not meant.
      const tokens = models.tokenizer.encodeText(text === undefined ? given.replace(/\r?\n$/, "") : given);
      if (tokens.length === 0) throw nothing(models.id);
      await answer(models, { tokens, continues: true }, options);
    });
  } finally {
    await models.close();
  }
}

const nothing = (model: string): LenityError =>
  new LenityError(
    "invalid_request",
    `There is no text to go on with, and ${model} names no token that texts begin with (bos_token in tokenizer_config.json). Give some text.`,
  );

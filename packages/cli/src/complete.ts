import { LenityError } from "@lenity/core";
import { chosenSpeculation } from "@lenity/server";
import { type AnswerOptions, answer } from "./answer.ts";
import { loadModels } from "./load-models.ts";
import { eachQuestion } from "./questions.ts";

/**
 * `lenity complete`: goes on with a text as it stands, without a chat template. At a terminal each line is a text of
 * its own.
 */
export async function complete(text: string | undefined, options: AnswerOptions): Promise<void> {
  const models = await loadModels(options);
  try {
    const speculation = chosenSpeculation(options, models); // a misspelt policy fails before the first text
    await eachQuestion(text, "text", async (given) => {
      // Editors and echo end a text with a line break that is not meant.
      const tokens = models.tokenizer.encodeText(text === undefined ? given.replace(/\r?\n$/, "") : given);
      if (tokens.length === 0) throw nothing(models.id);
      await answer(models, { tokens, continues: true }, speculation, options);
    });
  } finally {
    await models.close();
  }
}

const nothing = (model: string): LenityError =>
  new LenityError(
    "invalid_request",
    `There is no text to continue, and ${model} has no token for the start of a text (bos_token in tokenizer_config.json). Give some text.`,
  );

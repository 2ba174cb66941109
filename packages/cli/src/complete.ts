import { LenityError } from "@lenity/core";
import { chosenSpeculation } from "@lenity/server";
import type { AnswerOptions } from "./answer.ts";
import { eachText } from "./input/each-text.ts";
import { loadServed } from "./load-served.ts";
import { singleAnswer } from "./single-answer.ts";

/** `lenity complete`: continues a text without a chat template. At a terminal each line is a separate text. */
export async function complete(text: string | undefined, options: AnswerOptions): Promise<void> {
  const models = await loadServed(options);
  try {
    const speculation = chosenSpeculation(options, models); // report a misspelt policy before the first text
    await eachText(text, "text", async (given, signal) => {
      // Editors and `echo` add a final line break that is not part of the text.
      const tokens = models.tokenizer.encodeText(text === undefined ? given.replace(/\r?\n$/, "") : given);
      if (tokens.length === 0) throw emptyText(models.id);
      await singleAnswer(models, { tokens, continues: true }, { speculation, options, signal });
    });
  } finally {
    await models.close();
  }
}

const emptyText = (model: string): LenityError =>
  new LenityError(
    "invalid_request",
    `There is no text to continue, and ${model} has no token for the start of a text (bos_token in tokenizer_config.json). Give some text.`,
  );

import { type Grammar, LenityError, type Tokenizer } from "@lenity/core";
import type { AnswerOptions } from "./answer-options.ts";
import { budget } from "./budget.ts";
import { initial } from "./machine/state.ts";
import { tokenGrammar } from "./machine/token-grammar.ts";
import { answerParts } from "./sections/answer-parts.ts";
import { partFrames } from "./sections/part-frames.ts";
import { atOnce, inSlices, type Steps } from "./steps.ts";
import { collectVocabulary, vocabularyOf } from "./tokens/vocabulary.ts";

/**
 * The most bytes of white space in a row, in the arguments of calls and after reasoning. Models are trained to write a
 * space behind colons and commas, and two line feeds behind reasoning; small ones would fill more with nothing else.
 */
const spaces = 2;

/**
 * An answer in sections: reasoning, then text and calls of functions. Reasoning and text are free, up to the mark that
 * ends them; from there on the grammar holds. Text with a schema is compact JSON. Throws a `LenityError` whose `path`
 * leads to the part of a schema that is at fault, as `jsonSchemaGrammar` does; `unsupported`, with the path `calls`, for
 * text with a schema beside calls that begin with a bracket too.
 */
export const answerGrammar = (options: AnswerOptions, tokenizer: Tokenizer): Required<Grammar> =>
  atOnce(compiled(options, tokenizer));

/** The same, made in slices of a few milliseconds, between which other work of the thread goes on. */
export async function answerGrammarInSlices(options: AnswerOptions, tokenizer: Tokenizer): Promise<Required<Grammar>> {
  await collectVocabulary(tokenizer, options.marks);
  return inSlices(compiled(options, tokenizer));
}

function* compiled(options: AnswerOptions, tokenizer: Tokenizer): Steps<Required<Grammar>> {
  const { calls, schema } = options;
  if (calls?.needed === false && schema !== undefined && calls.form.begin.some((text) => /^[{["\d-]/.test(text))) {
    throw new LenityError(
      "unsupported",
      "A format of the text cannot be combined with calls that the model may make or not: its calls begin like JSON themselves. Leave out the format, or make the model call or not call.",
      { path: "calls" },
    );
  }
  const vocabulary = vocabularyOf(tokenizer, options.marks);
  const start = initial(partFrames(yield* answerParts(options, budget()), vocabulary.marks));
  return tokenGrammar({ start, spaces }, tokenizer, vocabulary);
}

import { answerReader, type ReadOptions } from "@lenity/chat";
import { type EmittedToken, type Tokenizer, textStream } from "@lenity/core";

/** How many tokens of an answer are reasoning or its marks. */
export function reasoningTokens(
  tokens: readonly EmittedToken[],
  { reasoning }: ReadOptions,
  tokenizer: Tokenizer,
): number {
  if (reasoning === undefined) return 0;
  const reader = answerReader({ reasoning });
  const stream = textStream(tokenizer);
  let count = 0;
  for (const { token } of tokens) {
    const before = reader.section;
    reader.push(stream.push(token));
    if (before === "reasoning" || reader.section === "reasoning") count++;
  }
  return count;
}

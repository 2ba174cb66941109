import type { Tokenizer } from "@huggingface/tokenizers";

/**
 * As much of the package's decoders as is needed here: a sequence holds others; one that reads bytes has a decoder of
 * text.
 */
interface Decoder {
  readonly decoders?: readonly Decoder[] | undefined;
  text_decoder?: TextDecoder | undefined;
}

/**
 * Has the tokenizer decode U+FEFF as it decodes every other character. To a `TextDecoder` it is a byte order mark, left
 * out at the beginning of what it is given, and the package's ByteFallback gives it one run of byte tokens after
 * another.
 */
export function keepByteOrderMarks(tokenizer: Tokenizer): void {
  const keep = (decoder: Decoder): void => {
    if (decoder.text_decoder !== undefined) decoder.text_decoder = new TextDecoder("utf-8", { ignoreBOM: true });
    for (const part of decoder.decoders ?? []) keep(part);
  };
  // The package's declarations lack file extensions, so that TypeScript sees `any` here.
  const { decoder } = tokenizer as unknown as { readonly decoder: Decoder | null };
  if (decoder !== null) keep(decoder);
}

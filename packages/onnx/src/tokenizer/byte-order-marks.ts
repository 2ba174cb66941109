import type { Tokenizer } from "@huggingface/tokenizers";

/**
 * The parts of the package's decoders that are used here: a sequence contains other decoders; a byte decoder has a text
 * decoder.
 */
interface Decoder {
  readonly decoders?: readonly Decoder[] | undefined;
  text_decoder?: TextDecoder | undefined;
}

/**
 * Makes the tokenizer decode U+FEFF like any other character. `TextDecoder` treats it as a byte order mark and drops it
 * at the beginning of its input, and the package's ByteFallback decodes each run of byte tokens separately.
 */
export function keepByteOrderMarks(tokenizer: Tokenizer): void {
  const keep = (decoder: Decoder): void => {
    if (decoder.text_decoder !== undefined) decoder.text_decoder = new TextDecoder("utf-8", { ignoreBOM: true });
    for (const part of decoder.decoders ?? []) keep(part);
  };
  // The package's declarations lack file extensions, so TypeScript sees `any` here.
  const { decoder } = tokenizer as unknown as { readonly decoder: Decoder | null };
  if (decoder !== null) keep(decoder);
}

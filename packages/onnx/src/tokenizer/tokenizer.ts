import { Tokenizer as HuggingFaceTokenizer } from "@huggingface/tokenizers";
import { LenityError, type Token } from "@lenity/core";
import { keepByteOrderMarks } from "./byte-order-marks.ts";
import type { FolderTokenizer } from "./folder-tokenizer.ts";
import { longestToken } from "./longest-token.ts";
import { specialTexts } from "./named-tokens.ts";
import { textBeginning } from "./text-beginning.ts";
import { tokenBytes } from "./token-bytes.ts";
import type { TokenTexts } from "./token-table.ts";
import { type WordCache, wordCache } from "./word-cache.ts";

type Json = Readonly<Record<string, unknown>>;

/** Reads a tokenizer.json, named `file` in messages. Throws `model_files` when it is not a tokenizer. */
export function parseTokenizer(definition: Json, config: Json, file: string): HuggingFaceTokenizer {
  try {
    const tokenizer = new HuggingFaceTokenizer(definition, config);
    keepByteOrderMarks(tokenizer);
    return tokenizer;
  } catch (cause) {
    throw new LenityError(
      "model_files",
      `${file} is not a tokenizer: ${(cause as Error).message}. Expected a Hugging Face tokenizer.json.`,
      { cause },
    );
  }
}

/** The tokenizer files of a folder. */
export interface TokenizerParts {
  /** tokenizer.json. */
  readonly definition: Json;
  /** tokenizer_config.json; empty where there is none. */
  readonly config: Json;
  readonly tokens: TokenTexts;
}

/** Makes the tokenizer read by `parseTokenizer`. `encode` adds no BOS or EOS: chat templates contain them. */
export function makeTokenizer(
  inner: HuggingFaceTokenizer,
  { definition, config, tokens: known }: TokenizerParts,
): FolderTokenizer {
  // Models other than BPE have no cache.
  const { model } = inner as unknown as { readonly model: { cache?: WordCache } };
  if (model.cache !== undefined) model.cache = wordCache();
  // The package's own vocabulary is keyed by text: it keeps only the last of several ids with the same text, and only
  // one id without a text.
  const { texts, vocabulary, unused } = known;
  const beginning = textBeginning(definition, config, known);
  const special = new Set<Token>();
  const called = specialTexts(config);
  // The package's declarations lack file extensions, so TypeScript sees `any` here.
  const added = inner.get_added_tokens_decoder() as Map<Token, { readonly special: boolean; readonly content: string }>;
  for (const [id, token] of added) if (token.special || called.has(token.content)) special.add(id);
  const encode = (text: string): Token[] => {
    if (text === "") return [];
    const found = inner.encode(text, { add_special_tokens: false }).ids as (Token | undefined)[];
    // Without an unknown token, a character that has no token gets no id.
    return found.filter((id) => id !== undefined);
  };

  return {
    vocabulary,
    unused,
    special,
    added: new Set(added.keys()),
    longestToken: longestToken(definition, config, known),
    bytes: tokenBytes(definition["decoder"], known, special),
    encode,
    encodeText: (text) => (text === "" ? [...beginning.alone] : [...beginning.before, ...encode(text)]),
    decode(tokens, options) {
      // Ids beyond the tokenizer's exist when a model's vocabulary is padded; they have no text.
      const known = tokens.filter((id) => texts.has(id) && (options?.special === true || !special.has(id)));
      // Cleaning up spaces would change text that has already been streamed.
      return known.length === 0
        ? ""
        : inner.decode(known, { skip_special_tokens: false, clean_up_tokenization_spaces: false });
    },
  };
}

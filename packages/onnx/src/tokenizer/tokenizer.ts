import { Tokenizer as HuggingFaceTokenizer } from "@huggingface/tokenizers";
import { LenityError, type Token } from "@lenity/core";
import { keepByteOrderMarks } from "./byte-order-marks.ts";
import type { FolderTokenizer } from "./folder-tokenizer.ts";
import { longestToken } from "./longest-token.ts";
import { specialTexts } from "./named-tokens.ts";
import { textBeginning } from "./text-beginning.ts";
import type { TokenTexts } from "./token-table.ts";
import { type WordCache, wordCache } from "./word-cache.ts";

type Json = Readonly<Record<string, unknown>>;

/** Reads a tokenizer.json, which messages call `file`. Throws `model_files` when it is not a tokenizer. */
export function parseTokenizer(definition: Json, config: Json, file: string): HuggingFaceTokenizer {
  try {
    const tokenizer = new HuggingFaceTokenizer(definition, config);
    keepByteOrderMarks(tokenizer);
    return tokenizer;
  } catch (cause) {
    throw new LenityError(
      "model_files",
      `${file} is not a tokenizer: ${(cause as Error).message}. Expected Hugging Face's tokenizer.json.`,
      { cause },
    );
  }
}

/** What a folder has of its tokenizer. */
export interface TokenizerParts {
  /** tokenizer.json. */
  readonly definition: Json;
  /** tokenizer_config.json; empty where there is none. */
  readonly config: Json;
  readonly tokens: TokenTexts;
}

/** The tokenizer that `parseTokenizer` has read. `encode` adds no BOS or EOS of its own: chat templates write them. */
export function makeTokenizer(
  inner: HuggingFaceTokenizer,
  { definition, config, tokens: known }: TokenizerParts,
): FolderTokenizer {
  // Models other than BPE have no cache.
  const { model } = inner as unknown as { readonly model: { cache?: WordCache } };
  if (model.cache !== undefined) model.cache = wordCache();
  // The package's own list of the vocabulary is by text: of two ids with one text it keeps the last, and of ids without
  // a text one.
  const { texts, vocabulary, unused } = known;
  const beginning = textBeginning(definition, config, known);
  const special = new Set<Token>();
  const called = specialTexts(config);
  // The package's declarations lack file extensions, so that TypeScript sees `any` here.
  const added = inner.get_added_tokens_decoder() as Map<Token, { readonly special: boolean; readonly content: string }>;
  for (const [id, token] of added) if (token.special || called.has(token.content)) special.add(id);
  const encode = (text: string): Token[] => {
    if (text === "") return [];
    const found = inner.encode(text, { add_special_tokens: false }).ids as (Token | undefined)[];
    // A character without a token, in a tokenizer without an unknown token, has no id.
    return found.filter((id) => id !== undefined);
  };

  return {
    vocabulary,
    unused,
    special,
    added: new Set(added.keys()),
    longestToken: longestToken(definition, config, known),
    encode,
    encodeText: (text) => (text === "" ? [...beginning.alone] : [...beginning.before, ...encode(text)]),
    decode(tokens, options) {
      // Ids beyond the tokenizer's exist where a model's vocabulary is padded: they have no text.
      const known = tokens.filter((id) => texts.has(id) && (options?.special === true || !special.has(id)));
      // Cleaning up spaces would rewrite text that is already on its way to the reader.
      return known.length === 0
        ? ""
        : inner.decode(known, { skip_special_tokens: false, clean_up_tokenization_spaces: false });
    },
  };
}

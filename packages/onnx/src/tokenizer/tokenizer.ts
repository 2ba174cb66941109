import { Tokenizer as HuggingFaceTokenizer } from "@huggingface/tokenizers";
import { LenityError, type Token, type Tokenizer } from "@lenity/core";
import type { ModelFiles } from "../folder/model-files.ts";
import { readJsonIfThere } from "../folder/read-files.ts";
import { keepByteOrderMarks } from "./byte-order-marks.ts";
import { longestToken } from "./longest-token.ts";
import { specialTexts } from "./named-tokens.ts";
import { textBeginning } from "./text-beginning.ts";
import { readTokenizerJson, tokenTexts } from "./token-table.ts";
import { type WordCache, wordCache } from "./word-cache.ts";

/** A tokenizer that knows how its model's texts begin. */
export interface FolderTokenizer extends Tokenizer {
  /**
   * The tokens of a text that stands alone, without a chat template, and is to be continued: after BOS, where the folder has texts begin with it.
   * Empty for an empty text where the folder names no BOS.
   */
  encodeText(text: string): Token[];
}

/**
 * Reads tokenizer.json (and tokenizer_config.json when it is there). `encode` adds no BOS or EOS of its own: chat templates write them. Rejects
 * with `model_files` when the file is missing or not a tokenizer.
 */
export async function readTokenizer(files: ModelFiles): Promise<FolderTokenizer> {
  const file = files.nameOf("tokenizer.json");
  const definition = await readTokenizerJson(files);
  const config = (await readJsonIfThere(files, "tokenizer_config.json", "Fix or remove it.")) ?? {};
  let inner: HuggingFaceTokenizer;
  try {
    inner = new HuggingFaceTokenizer(definition, config);
  } catch (cause) {
    throw new LenityError(
      "model_files",
      `${file} is not a tokenizer: ${(cause as Error).message}. Expected Hugging Face's tokenizer.json.`,
      { cause },
    );
  }
  keepByteOrderMarks(inner);
  // Models other than BPE have no cache.
  const { model } = inner as unknown as { readonly model: { cache?: WordCache } };
  if (model.cache !== undefined) model.cache = wordCache();
  // The package's own list of the vocabulary is by text: of two ids with one text it tells the last, and of ids without a text one.
  const known = tokenTexts(definition, file);
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
      return known.length === 0 ? "" : inner.decode(known, { skip_special_tokens: false, clean_up_tokenization_spaces: false });
    },
  };
}

import type { FolderTokenizer } from "../tokenizer/folder-tokenizer.ts";
import type { TokenTexts } from "../tokenizer/token-table.ts";
import { makeTokenizer, parseTokenizer } from "../tokenizer/tokenizer.ts";
import type { ModelFolder } from "./model-folder.ts";

/** The tokenizer of a folder. Rejects with `model_files` when tokenizer.json is missing or not a tokenizer. */
export async function tokenizerOf(folder: ModelFolder): Promise<FolderTokenizer> {
  const definition = await folder.tokenizer();
  if (definition === undefined) throw folder.missing("tokenizer.json");
  const config = (await folder.tokenizerConfig()) ?? {};
  const inner = parseTokenizer(definition, config, folder.nameOf("tokenizer.json"));
  const tokens = (await folder.tokens()) as TokenTexts;
  return makeTokenizer(inner, { definition, config, tokens });
}

import type { Token } from "@lenity/core";
import { namedTokens } from "../tokenizer/named-tokens.ts";
import type { TokenTexts } from "../tokenizer/token-table.ts";
import type { ModelFolder } from "./model-folder.ts";

/**
 * The tokens that end an answer: `eos` of the configuration, and `eos_token` of tokenizer_config.json. Fine-tuned
 * models often have a new one there and that of their base model in the configuration; without it their answers run on
 * into the next turn.
 */
export async function withNamedEos(
  folder: ModelFolder,
  eos: readonly Token[],
  width: number,
): Promise<readonly Token[]> {
  const { eos_token: text } = namedTokens((await folder.tokenizerConfig()) ?? {});
  const tokens = await folder.tokens();
  const id = text === undefined || tokens === undefined ? undefined : idOf(text, tokens);
  // The model never draws an id that it has no logit for.
  return id === undefined || id >= width || eos.includes(id) ? eos : [...eos, id];
}

/** An added token is meant where an ordinary one has the same text. */
function idOf(text: string, { texts, added }: TokenTexts): Token | undefined {
  const ids = [...texts].flatMap(([id, its]) => (its === text ? [id] : []));
  return ids.find((id) => added.has(id)) ?? ids[0];
}

/** The warning for a folder that names no such token, or none that the model can draw. */
export function endless(place: string): string {
  return `${place} names no token that ends an answer (eos_token_id in generation_config.json, config.json or genai_config.json, or an eos_token in tokenizer_config.json that tokenizer.json has), so answers run on to their limit. Add eos_token_id to generation_config.json, or give stop strings.`;
}

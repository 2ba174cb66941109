import type { Token } from "@lenity/core";
import { namedTokens } from "../tokenizer/named-tokens.ts";
import type { TokenTexts } from "../tokenizer/token-table.ts";
import type { ModelFolder } from "./model-folder.ts";

/**
 * The tokens that end an answer: `eos` from the configuration, and `eos_token` from tokenizer_config.json. Fine-tuned
 * models often have a new token there but still their base model's in the configuration; without the new one, answers
 * run on into the next turn.
 */
export async function withNamedEos(
  folder: ModelFolder,
  eos: readonly Token[],
  width: number,
): Promise<readonly Token[]> {
  const { eos_token: text } = namedTokens((await folder.tokenizerConfig()) ?? {});
  const tokens = await folder.tokens();
  const id = text === undefined || tokens === undefined ? undefined : idOf(text, tokens);
  // The model cannot draw an id that has no logit.
  return id === undefined || id >= width || eos.includes(id) ? eos : [...eos, id];
}

/** Prefers an added token over an ordinary one with the same text. */
function idOf(text: string, { texts, added }: TokenTexts): Token | undefined {
  const ids = [...texts].flatMap(([id, its]) => (its === text ? [id] : []));
  return ids.find((id) => added.has(id)) ?? ids[0];
}

/** The warning for a folder that names no EOS token that the model can draw. */
export function endless(place: string): string {
  return `${place} names no token that ends an answer (eos_token_id in generation_config.json, config.json or genai_config.json, or an eos_token in tokenizer_config.json that tokenizer.json has), so answers run on to their limit. Add eos_token_id to generation_config.json, or use stop strings.`;
}

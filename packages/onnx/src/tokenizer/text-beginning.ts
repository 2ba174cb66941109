/** The tokens that a model's texts begin with. Chat templates contain them; plain texts need them added. */
import type { Token } from "@lenity/core";
import { namedTokens } from "./named-tokens.ts";
import type { TokenTexts } from "./token-table.ts";

type Json = Readonly<Record<string, unknown>>;

/** The tokens before a text, and those used for an empty text. */
export interface TextBeginning {
  readonly before: readonly Token[];
  readonly alone: readonly Token[];
}

/**
 * The tokens that tokenizer.json's post-processor puts before a text; `add_bos_token` in tokenizer_config.json adds or
 * removes the BOS, as in transformers. Tokens after a text are left out, since the text is to be continued. An empty
 * text becomes the BOS, if there is one.
 */
export function textBeginning(definition: Json, config: Json, { texts }: TokenTexts): TextBeginning {
  const idOf = (text: string | undefined) => Array.from(texts).find(([, known]) => known === text)?.[0];
  const bos = idOf(namedTokens(config)["bos_token"]);
  const found = tokensBefore(definition["post_processor"], idOf);
  const asked = config["add_bos_token"];
  const others = found.filter((token) => token !== bos);
  const before = bos === undefined || typeof asked !== "boolean" ? found : asked ? [bos, ...others] : others;
  return { before, alone: before.length > 0 || bos === undefined ? before : [bos] };
}

/** The tokens that a post-processor of tokenizer.json puts before a text. */
function tokensBefore(value: unknown, idOf: (text: string | undefined) => Token | undefined): Token[] {
  const processor = (value ?? {}) as Json;
  if (processor["type"] === "Sequence")
    return list(processor["processors"]).flatMap((each) => tokensBefore(each, idOf));
  if (processor["type"] === "BertProcessing" || processor["type"] === "RobertaProcessing") {
    const id = list(processor["cls"])[1];
    return typeof id === "number" ? [id] : [];
  }
  if (processor["type"] !== "TemplateProcessing") return [];
  const pieces = list(processor["single"]) as readonly { readonly SpecialToken?: { readonly id: string } }[];
  const text = pieces.findIndex((piece) => piece?.SpecialToken === undefined);
  const known = (processor["special_tokens"] ?? {}) as Readonly<Record<string, { readonly ids?: readonly Token[] }>>;
  return pieces.slice(0, Math.max(0, text)).flatMap(({ SpecialToken }) => {
    const name = SpecialToken?.id ?? "";
    return known[name]?.ids ?? [idOf(name)].filter((id) => id !== undefined);
  });
}

const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

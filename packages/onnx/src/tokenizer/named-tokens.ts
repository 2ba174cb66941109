/** The tokens named in tokenizer_config.json: texts, or objects with the text as `content`. */

/** Their names in templates. */
const names = ["bos_token", "eos_token", "pad_token", "unk_token", "sep_token", "cls_token", "mask_token"];

/** The texts of `bos_token`, `eos_token` and the like, by name. */
export function namedTokens(config: Readonly<Record<string, unknown>>): Record<string, string> {
  const found = names.map((name) => [name, textOf(config[name])] as const);
  return Object.fromEntries(found.filter((pair): pair is [string, string] => pair[1] !== undefined));
}

/** The texts of all special tokens: the named ones, additional ones, and those marked as special. */
export function specialTexts(config: Readonly<Record<string, unknown>>): ReadonlySet<string> {
  const { additional_special_tokens: additional, added_tokens_decoder: decoder } = config;
  const marked = Object.values((decoder ?? {}) as object).filter((token) => token?.special === true);
  const all = [...(Array.isArray(additional) ? additional : []), ...marked].map(textOf);
  return new Set([...Object.values(namedTokens(config)), ...all.filter((text) => text !== undefined)]);
}

function textOf(value: unknown): string | undefined {
  const text =
    typeof value === "string" ? value : (value as { readonly content?: unknown } | null | undefined)?.content;
  return typeof text === "string" ? text : undefined;
}

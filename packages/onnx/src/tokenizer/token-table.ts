import { LenityError, type Token } from "@lenity/core";

/** The tokens of a tokenizer.json: used to find padding and to compare the models of a pair. */
export interface TokenTexts {
  /** By id; ids without a token are missing. */
  readonly texts: ReadonlyMap<Token, string>;
  /** One more than the highest id. */
  readonly vocabulary: number;
  /** Ids of added tokens, control tokens among them. */
  readonly added: ReadonlySet<Token>;
  /** Ids below `vocabulary` without a token. */
  readonly unused: ReadonlySet<Token>;
}

/**
 * The tokens of a parsed tokenizer.json: `model.vocab` by text (BPE, WordPiece) or as a list of [text, score]
 * (Unigram), and `added_tokens`.
 */
export function tokenTexts(definition: Readonly<Record<string, unknown>>, file: string): TokenTexts {
  const texts = new Map<Token, string>();
  const added = new Set<Token>();
  let vocabulary = 0;
  const keep = (id: unknown, text: unknown): Token => {
    if (typeof id !== "number" || !Number.isInteger(id) || id < 0 || typeof text !== "string") {
      throw new LenityError(
        "model_files",
        `${file} gives the token ${JSON.stringify(text)} the id ${JSON.stringify(id)}; expected a text and a whole number. Use the file from the model's own folder.`,
      );
    }
    texts.set(id, text);
    vocabulary = Math.max(vocabulary, id + 1);
    return id;
  };
  const vocab = (definition["model"] as { readonly vocab?: unknown } | null | undefined)?.vocab ?? {};
  if (Array.isArray(vocab))
    for (const [id, entry] of (vocab as readonly (readonly unknown[] | null)[]).entries()) keep(id, entry?.[0]);
  else for (const [text, id] of Object.entries(vocab)) keep(id, text);
  const more = definition["added_tokens"];
  for (const entry of Array.isArray(more) ? (more as readonly { id?: unknown; content?: unknown }[]) : []) {
    added.add(keep(entry?.id, entry?.content));
  }
  if (vocabulary === 0)
    throw new LenityError("model_files", `${file} has no tokens. Use the file from the model's own folder.`);
  const unused = new Set<Token>();
  // Most tokenizers have no gaps; then this loop does nothing.
  for (let id = 0; texts.size + unused.size < vocabulary && id < vocabulary; id++) if (!texts.has(id)) unused.add(id);
  return { texts, vocabulary, added, unused };
}

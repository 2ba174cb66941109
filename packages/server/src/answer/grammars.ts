import { type Grammar, LenityError, type Tokenizer } from "@lenity/core";
import { excerpt } from "@lenity/core/internal";
import { jsonGrammar, jsonSchemaGrammar } from "@lenity/grammar";
import { ApiError } from "../http/api-error.ts";
import type { ResponseFormat } from "../request/response-format.ts";

/**
 * The grammar of a `response_format`; undefined for text. A schema that cannot be followed is a 400 that names the
 * place in it.
 */
export type Grammars = (format: ResponseFormat) => Grammar | undefined;

/** Grammars kept for later requests: the longer one is used, the more it knows. */
const kept = 16;

/**
 * Grammars for the tokens of one model, made when a request first needs them. The very first also collects the tokens,
 * which takes some hundred milliseconds.
 */
export function grammarsFor(tokenizer: Tokenizer): Grammars {
  const known = new Map<string, Grammar>();
  return (format) => {
    if (format.type === "text") return undefined;
    const schema = format.type === "json_schema" ? format.json_schema.schema : undefined;
    const key = JSON.stringify(schema) ?? "any object";
    const grammar = known.get(key) ?? made(schema, tokenizer);
    known.delete(key);
    known.set(key, grammar);
    for (const [oldest] of known) if (known.size > kept) known.delete(oldest);
    return grammar;
  };
}

function made(schema: unknown, tokenizer: Tokenizer): Grammar {
  try {
    return schema === undefined ? jsonGrammar(tokenizer) : jsonSchemaGrammar(schema, tokenizer);
  } catch (cause) {
    if (!(cause instanceof LenityError)) throw cause;
    const param = cause.path === undefined ? "response_format" : excerpt(`response_format.json_schema.${cause.path}`);
    throw new ApiError(400, excerpt(cause.message, 2000), { param, code: cause.code, cause });
  }
}

import type { AnswerForm } from "@lenity/chat";
import { type Grammar, LenityError, type Reasoning, type Tokenizer } from "@lenity/core";
import { excerpt } from "@lenity/core/internal";
import { answerGrammarInSlices, type Calls } from "@lenity/grammar";
import { ApiError } from "../http/api-error.ts";
import type { ResponseFormat } from "../request/response-format.ts";

/** What an answer must be. */
export interface AskedForm {
  readonly format?: ResponseFormat | null | undefined;
  readonly calls?: Omit<Calls, "form"> | undefined;
  readonly reasoning?: Reasoning | undefined;
}

/**
 * The grammar of an answer; undefined if it is any text. Rejects with a 400 that names the place in a schema that
 * cannot be followed.
 */
export type Grammars = (asked: AskedForm) => Promise<Grammar | undefined>;

/** Grammars kept for later requests: the longer one is used, the more it knows. */
const kept = 16;

/**
 * Grammars for the tokens of one model, made when a request first needs them. The very first also collects the tokens.
 * Both are done in slices, because they may take half a second, in which other answers go on.
 */
export function grammarsFor(tokenizer: Tokenizer, form: AnswerForm): Grammars {
  const known = new Map<string, Promise<Grammar>>();
  return async ({ format, calls, reasoning }) => {
    const type = format?.type ?? "text";
    // What is free from beginning to end needs no grammar.
    if (type === "text" && calls === undefined) return undefined;
    const schema = format?.type === "json_schema" ? format.json_schema.schema : undefined;
    const key = JSON.stringify([type, schema, calls, reasoning]);
    const grammar = known.get(key) ?? made({ type, schema, calls, reasoning }, tokenizer, form);
    known.delete(key);
    known.set(key, grammar);
    for (const [oldest] of known) if (known.size > kept) known.delete(oldest);
    grammar.catch(() => known.delete(key));
    return grammar;
  };
}

interface Parts extends Omit<AskedForm, "format"> {
  readonly type: ResponseFormat["type"];
  readonly schema: unknown;
}

async function made(
  { type, schema, calls, reasoning }: Parts,
  tokenizer: Tokenizer,
  form: AnswerForm,
): Promise<Grammar> {
  try {
    const text = type === "text" ? undefined : (schema ?? { type: "object" });
    const bound = calls && { ...calls, form: form.calls };
    return await answerGrammarInSlices({ reasoning, schema: text, calls: bound, marks: form.marks }, tokenizer);
  } catch (cause) {
    if (!(cause instanceof LenityError)) throw cause;
    const message = excerpt(cause.message, 2000);
    if (cause.path?.startsWith("tools") === true) {
      const remedy = "Or set strict: false beside parameters: the arguments are then any object.";
      throw new ApiError(400, `${message} ${remedy}`, { param: excerpt(cause.path), code: cause.code, cause });
    }
    const where = cause.path?.startsWith("schema") === true ? `response_format.json_schema.${cause.path}` : undefined;
    const param = excerpt(where ?? (type === "text" ? "tools" : "response_format"));
    throw new ApiError(400, message, { param, code: cause.code, cause });
  }
}

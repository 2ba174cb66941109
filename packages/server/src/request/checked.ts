import { didYouMean, excerpt, expectation, quoted, shown } from "@lenity/core/internal";
import * as v from "valibot";
import { ApiError } from "../http/api-error.ts";
import { speculativeOptions } from "./answer-fields.ts";

/** The body as the schema returns it. Every failure is a 400 that names the field. */
export function checked<Output>(schema: v.GenericSchema<unknown, Output>, body: unknown): Output {
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    throw new ApiError(400, `The body is ${shown(body)}; expected a JSON object.`, { code: "invalid_body" });
  }
  const result = v.safeParse(schema, body, { abortEarly: true });
  if (!result.success) throw invalid(result.issues[0]);
  return result.output;
}

/** The error for the first issue that a schema found. */
function invalid(issue: v.BaseIssue<unknown>): ApiError {
  const param = (issue.path ?? []).reduce((path, { key }) => memberPath(path, key), "");
  const last = issue.path?.at(-1);
  if (issue.input === undefined)
    return new ApiError(400, `${param} is missing.`, { param, code: "missing_required_parameter" });
  if (last?.origin === "key") {
    const option = String(last.key);
    const message = `speculative has no option ${quoted(option)}. ${didYouMean(option, speculativeOptions)}`;
    return new ApiError(400, message, { param, code: "unknown_parameter" });
  }
  // Schemas made with `expecting` describe what is expected in their message.
  const expected = issue.type === "custom" ? issue.message : expectation(issue);
  return refusedValue(param, issue.input, String(expected));
}

/** The path of a member: `messages[0]`, `speculative.policy`, or `logit_bias["a.b"]`. */
export function memberPath(path: string, key: unknown): string {
  if (typeof key === "number") return `${path}[${key}]`;
  const name = excerpt(String(key));
  if (path === "") return name;
  return /^[\w$]+…?$/.test(name) ? `${path}.${name}` : `${path}[${JSON.stringify(name)}]`;
}

/** The error for a field with a value that it cannot have. */
export function refusedValue(param: string, value: unknown, expected: string): ApiError {
  return new ApiError(400, `${param} is ${shown(value)}; expected ${expected}.`, { param, code: "invalid_value" });
}

/** Refuses `stream_options` for an answer that is not streamed. */
export function checkStreaming({
  stream,
  stream_options: options,
}: {
  stream?: unknown;
  stream_options?: unknown;
}): void {
  if (stream === true || options == null) return;
  throw new ApiError(400, "stream_options is given without stream: true. Set stream: true, or leave it out.", {
    param: "stream_options",
    code: "invalid_value",
  });
}

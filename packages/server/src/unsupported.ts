import { ApiError } from "./api-error.ts";

/** Fields that would change the answer and that this version does not implement, with the values that ask for nothing. */
const fields: Readonly<Record<string, (value: unknown) => boolean>> = {
  n: (value) => value === 1,
  logprobs: (value) => value === false,
  top_logprobs: (value) => value === 0,
  logit_bias: isEmpty,
  frequency_penalty: (value) => value === 0,
  presence_penalty: (value) => value === 0,
  repetition_penalty: (value) => value === 1,
  min_tokens: (value) => value === 0,
  ignore_eos: (value) => value === false,
  response_format: (value) => typeof value === "object" && value !== null && "type" in value && value.type === "text",
  functions: isEmpty,
  function_call: (value) => value === "none" || value === "auto",
  modalities: (value) => Array.isArray(value) && value.every((kind) => kind === "text"),
  audio: () => false,
  web_search_options: () => false,
  reasoning_effort: (value) => value === "none",
  chat_template_kwargs: isEmpty,
};

function isEmpty(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.keys(value).length === 0;
}

/** Refuses, by name, what would otherwise be ignored to the answer's harm. */
export function checkSupported(body: Readonly<Record<string, unknown>>): void {
  for (const [param, asksNothing] of Object.entries(fields)) {
    const value = Object.hasOwn(body, param) ? body[param] : undefined;
    if (value === undefined || value === null || asksNothing(value)) continue;
    throw new ApiError(400, `${param} is not supported by this version of the server with the value given. Leave it out.`, {
      param,
      code: "unsupported_parameter",
    });
  }
}

/** Kinds of JSON values, as worded in messages. */
export type Kind = "a string" | "a number" | "true or false" | "an object" | "an array";

/** Fields that do not change the answer: ignored if their type is right. */
export const harmless: Readonly<Record<string, Kind>> = {
  // OpenAI: the user, storage, speed and price.
  user: "a string",
  metadata: "an object",
  service_tier: "a string",
  safety_identifier: "a string",
  prompt_cache_key: "a string",
  prompt_cache_retention: "a string",
  prompt_cache_options: "an object",
  prediction: "an object",
  // vLLM and SGLang.
  request_id: "a string",
  rid: "a string",
  spaces_between_special_tokens: "true or false",
  truncation_side: "a string",
  guided_decoding_backend: "a string",
  guided_whitespace_pattern: "a string",
  stream_reasoning: "true or false",
  // llama.cpp: caching, and settings of samplers that are off.
  cache_prompt: "true or false",
  id_slot: "a number",
  n_keep: "a number",
  n_discard: "a number",
  mirostat_tau: "a number",
  mirostat_eta: "a number",
  repeat_last_n: "a number",
  penalize_nl: "true or false",
  xtc_threshold: "a number",
  dynatemp_exponent: "a number",
  dry_base: "a number",
  dry_allowed_length: "a number",
  dry_penalty_last_n: "a number",
  dry_sequence_breakers: "an array",
  // LM Studio, Anthropic, OpenRouter.
  ttl: "a number",
  cache_control: "an object",
  betas: "an array",
  anthropic_version: "a string",
  session_id: "a string",
};

/**
 * Fields of a message that do not change the prompt: parts of earlier turns that templates drop, and fields for other
 * servers.
 */
export const harmlessInMessages: Readonly<Record<string, Kind>> = {
  reasoning: "a string",
  annotations: "an array",
  cache_control: "an object",
};

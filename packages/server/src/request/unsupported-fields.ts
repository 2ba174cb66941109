/**
 * Fields that clients of other servers send and that this server does not implement, by origin. Null is always
 * accepted.
 */

/** A field that would change the answer: refused, unless its value asks for this server's default behaviour. */
export interface UnsupportedField {
  readonly isDefault: (value: unknown) => boolean;
  /** What to send instead. */
  readonly instead?: string | undefined;
}

const only = (...values: readonly unknown[]): UnsupportedField => ({ isDefault: (value) => values.includes(value) });
/** An array or an object without entries. */
const list: UnsupportedField = { isDefault: (value) => Array.isArray(value) && value.length === 0 };
const object: UnsupportedField = { isDefault: isEmptyObject };
const never = only();
const instead = (instead: string, field = never): UnsupportedField => ({ ...field, instead });

function isEmptyObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value) && Object.keys(value).length === 0;
}

const openai: Readonly<Record<string, UnsupportedField>> = {
  functions: instead("Send tools.", list),
  function_call: instead("Send tool_choice.", only("none", "auto")),
  modalities: { isDefault: (value) => Array.isArray(value) && value.every((kind) => kind === "text") },
  audio: never,
  web_search_options: never,
  moderation: never,
  reasoning_effort: only("none"),
  verbosity: only("medium"),
  store: only(false),
  // From its completions and responses APIs.
  prompt: instead("Send messages."),
  suffix: only(""),
  best_of: only(1),
  echo: only(false),
  input: instead("Send messages."),
  instructions: instead("Send a message of the role system."),
  max_output_tokens: instead("Send max_tokens."),
  reasoning: never,
  text: never,
  include: list,
  previous_response_id: never,
  conversation: never,
  truncation: only("disabled"),
  background: only(false),
};

const vllm: Readonly<Record<string, UnsupportedField>> = {
  length_penalty: only(1),
  repetition_detection: never,
  ignore_eos: only(false),
  stop_token_ids: list,
  include_stop_str_in_output: only(false),
  bad_words: list,
  allowed_token_ids: never,
  logits_processors: list,
  use_beam_search: only(false),
  early_stopping: only(false),
  skip_special_tokens: only(true),
  detokenize: only(true),
  add_special_tokens: only(false),
  add_generation_prompt: only(true),
  continue_final_message: only(false),
  truncate_prompt_tokens: never,
  prompt_logprobs: instead("Send a prompt to /v1/completions."),
  return_token_ids: only(false),
  return_tokens_as_token_ids: only(false),
  return_token_offsets: only(false),
  return_prompt_text: only(false),
  return_assistant_tokens_mask: only(false),
  documents: list,
  chat_template: never,
  chat_template_kwargs: object,
  media_io_kwargs: object,
  mm_processor_kwargs: object,
  structured_outputs: instead("Send response_format.", object),
  structural_tag: never,
  guided_json: instead("Send response_format."),
  guided_regex: never,
  guided_choice: never,
  guided_grammar: never,
  include_reasoning: only(true),
  thinking_token_budget: never,
  priority: only(0),
  cache_salt: never,
  kv_transfer_params: never,
  ec_transfer_params: never,
  vllm_xargs: object,
};

const sglang: Readonly<Record<string, UnsupportedField>> = {
  regex: never,
  ebnf: never,
  json_schema: instead("Send response_format."),
  stop_regex: never,
  min_new_tokens: instead("Send min_tokens.", only(0)),
  max_new_tokens: instead("Send max_tokens."),
  no_stop_trim: only(false),
  sampling_seed: instead("Send seed."),
  sampling_params: instead("Send its settings as fields of the body.", object),
  input_ids: instead("Send messages."),
  separate_reasoning: only(true),
  custom_logit_processor: never,
  custom_params: object,
  lora_path: never,
  session_params: never,
  extra_key: never,
  return_logprob: instead("Send logprobs.", only(false)),
  return_hidden_states: only(false),
  return_routed_experts: only(false),
};

const llamaCpp: Readonly<Record<string, UnsupportedField>> = {
  n_predict: instead("Send max_tokens.", only(-1)),
  n_cmpl: instead("Send n.", only(1)),
  grammar: only(""),
  typical_p: only(1),
  tfs_z: only(1),
  top_a: only(0),
  top_n_sigma: only(-1, 0),
  mirostat: only(0),
  xtc_probability: only(0),
  repeat_penalty: instead("Send repetition_penalty.", only(1)),
  dry_multiplier: only(0),
  dynatemp_range: only(0),
  min_keep: only(0),
  samplers: list,
  n_indent: only(0),
  t_max_predict_ms: only(0, -1),
  n_probs: instead("Send logprobs and top_logprobs.", only(0)),
  post_sampling_probs: only(false),
  return_tokens: only(false),
  return_progress: only(false),
  timings_per_token: only(false),
  response_fields: list,
  image_data: list,
  lora: list,
  reasoning_format: only("auto", "deepseek"),
  reasoning_budget: only(-1),
  thinking_budget_tokens: only(-1),
  thinking_forced_open: only(false),
  parse_tool_calls: only(true),
  "speculative.n_max": instead("Send draft_tokens in the object speculative."),
  "speculative.n_min": never,
  "speculative.p_min": never,
};

/** LM Studio, Ollama and Text Generation Inference. */
const local: Readonly<Record<string, UnsupportedField>> = {
  draft_model: instead("Send drafter in the object speculative."),
  context_overflow_policy: never,
  options: instead("Send its settings as fields of the body.", object),
  format: only(""),
  think: never,
  raw: only(false),
  num_predict: instead("Send max_tokens.", only(-1)),
  num_ctx: never,
  do_sample: instead("Send temperature: 0 for the most probable text.", only(true)),
  watermark: only(false),
  details: only(false),
  return_full_text: only(false),
  truncate: never,
};

/** Anthropic, Mistral, OpenRouter, and the services for Qwen, DeepSeek and GLM. */
const hosted: Readonly<Record<string, UnsupportedField>> = {
  system: instead("Send a message of the role system."),
  stop_sequences: instead("Send stop.", list),
  // Whether a model thinks by default depends on its template, so neither value is the default behaviour.
  thinking: never,
  enable_thinking: never,
  thinking_budget: never,
  output_config: object,
  output_format: never,
  mcp_servers: list,
  container: never,
  context_management: never,
  inference_geo: never,
  speed: only("standard"),
  random_seed: instead("Send seed."),
  safe_prompt: only(false),
  prompt_mode: never,
  guardrails: list,
  models: list,
  route: never,
  provider: object,
  plugins: list,
  transforms: list,
  usage: instead("Send stream_options: {include_usage: true}; whole answers always have it.", object),
  enable_search: only(false),
  search_options: never,
  negative_prompt: only(""),
  guidance_scale: only(1),
  extra_body: instead("Send its fields in the body itself.", object),
};

/** Fields of the body. */
export const unsupported: Readonly<Record<string, UnsupportedField>> = {
  ...openai,
  ...vllm,
  ...sglang,
  ...llamaCpp,
  ...local,
  ...hosted,
};

/** Fields of a chat request's body, in a completion request. */
export const unsupportedInCompletions: Readonly<Record<string, UnsupportedField>> = {
  messages: instead("Send prompt, or send the messages to /v1/chat/completions."),
  tools: list,
  tool_choice: only("none", "auto"),
  parallel_tool_calls: { isDefault: (value) => typeof value === "boolean" },
  max_completion_tokens: instead("Send max_tokens."),
  top_logprobs: instead("Send logprobs with this number.", only(0)),
  // Above, the advice for these is a field of chat requests.
  functions: list,
  function_call: only("none", "auto"),
  input: instead("Send prompt."),
  input_ids: instead("Send prompt."),
  instructions: instead("Write them into prompt."),
  system: instead("Write it into prompt."),
  n_probs: instead("Send logprobs with this number.", only(0)),
  return_logprob: instead("Send logprobs with a number.", only(false)),
};

/** Fields of a request to `/tokenize` or `/detokenize`: llama.cpp's names. */
export const unsupportedInTokens: Readonly<Record<string, UnsupportedField>> = {
  content: instead("Send prompt."),
  with_pieces: instead("Send return_token_strs.", only(false)),
  add_special: only(false),
  parse_special: only(true),
};

/** Fields of `stream_options`. */
export const unsupportedInStreams: Readonly<Record<string, UnsupportedField>> = {
  include_obfuscation: only(false),
  continuous_usage_stats: only(false),
};

/** Fields of `response_format`. */
export const unsupportedInFormats: Readonly<Record<string, UnsupportedField>> = {
  schema: instead('Send {type: "json_schema", json_schema: {name, schema}}.'),
};

/** Fields of a message. */
export const unsupportedInMessages: Readonly<Record<string, UnsupportedField>> = {
  function_call: instead("Send tool_calls."),
  audio: never,
  // The answer would have to continue this message.
  prefix: only(false),
  partial: only(false),
};

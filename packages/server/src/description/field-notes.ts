/** What each field of a request does, in a sentence, for the description of the API. */
export const fieldNotes: Readonly<Record<string, string>> = {
  model: "The id of a model. Default: the server's first.",
  messages: "The conversation. Contents are text, or parts of text.",
  prompt: "A text or token ids to continue, or an array of either. Nothing is added: spell control tokens yourself.",
  tools:
    "Functions that the model may call. The arguments of a call fulfil `parameters`, unless `strict` is false: then they are any object.",
  tool_choice:
    "`auto`: calls or text. `required`: at least one call. A named function: one call of it. `none`: the tools are left out.",
  parallel_tool_calls: "Whether an answer may have several calls. Default: true, if the model can.",
  stream: "Whether the answer is a stream of chunks, as server-sent events that end with `[DONE]`.",
  stream_options: "`include_usage` adds a last chunk with the usage.",
  max_tokens: "The most tokens of each choice. Default: what fits the context, and 16 for completions.",
  max_completion_tokens: "The newer name of max_tokens; it wins.",
  n: "Choices for each prompt. Choice i has the seed `seed + i · 0x13c6ef372fe94f`, as a signed 53-bit number.",
  temperature: "0: the most probable text. Default: the model's recommendation, else 1.",
  top_p: "Only the most probable tokens that together have this probability.",
  top_k: "Only so many of the most probable tokens; 0 or -1 for all.",
  min_p: "Only tokens with at least this share of the highest probability.",
  seed: "Same seed and request, same answer. Default: random.",
  stop: "Up to four texts, each of which ends the answer before it.",
  frequency_penalty: "Subtracted from a token's logit for each time it is in the answer.",
  presence_penalty: "Subtracted from a token's logit if it is in the answer.",
  repetition_penalty:
    "Divides positive and multiplies negative logits of tokens in prompt and answer. 1 changes nothing.",
  logit_bias: "Added to the logits of tokens, by id. -100 bans a token.",
  min_tokens:
    "Tokens that end an answer are banned until it has so many. Stop strings still end it, and so does a complete `response_format`.",
  response_format: "`json_object`: an object of JSON. `json_schema`: a value that fulfils the schema, always enforced.",
  logprobs:
    "The natural logarithm of the target's own probability of each token: at temperature 1, before penalties, biases, format and sampling settings. Chat: true or false; completions: how many alternatives.",
  top_logprobs: "How many of the most probable tokens are listed at each token. Needs `logprobs`.",
  prompt_logprobs: "The same for the tokens of the prompt, by token id, in vLLM's shape. Not for streams.",
  return_tokens_as_token_ids:
    'Whether `logprobs` names each token by its id ("token_id:5"), the one that ended the answer included. Not for streams, nor with `echo`.',
  echo: "Whether the text begins with the prompt.",
  speculative:
    "`policy` (a preset's name or a policy), `draft_tokens` (the block length, or `auto`; 0 decodes plainly), `drafter` (a name), `block_exact` (without a draft: the rows of verification, for the same text), `trace` (who accepted each token).",
  return_token_strs: "Whether the answer has the text of each token.",
  tokens: "Token ids.",
};

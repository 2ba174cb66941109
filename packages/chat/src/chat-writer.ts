import { LenityError, type Reasoning, type Token, type Tokenizer } from "@lenity/core";
import { type AnswerForm, answerForm, reasoningAfter, spellingMarks } from "./answer/answer-form.ts";
import type { ChatMessage, ChatTool } from "./chat-message.ts";
import type { ChatModel, ChatTemplate } from "./chat-model.ts";
import { chatRenderer } from "./chat-renderer.ts";
import { controlTokens } from "./control-tokens.ts";
import { encodeAsync, encodeSync, promptEncoding } from "./encode-prompt.ts";
import { promptText } from "./prompt-text.ts";

/** Turns messages into the tokens of a prompt, with the model's chat template. */
export interface ChatWriter {
  /**
   * The prompt's tokens. Throws `invalid_request` if the template refuses the messages, if there are none or more than
   * 2048, or if a text encodes to a control token even when it is split. Throws `unsupported` for a role that the
   * template would leave out. Tools, calls and results that it would leave out are written as text.
   */
  write(messages: readonly ChatMessage[], options?: WriteOptions): Token[];
  /**
   * The same tokens. Encodes long texts on another thread, or with pauses if the tokenizer does not have one. Also
   * rejects with `context_full` if the prompt does not fit the target's context, if possible before encoding it.
   */
  writeAsync(messages: readonly ChatMessage[], options?: WriteOptions): Promise<Token[]>;
  /**
   * Tokens that lossy rules must not relax, for the option `control` of `generate`: those that only the template may
   * write, and the target's EOS tokens.
   */
  readonly control: ReadonlySet<Token>;
  /** Whether the template shows tools to the model. */
  readonly readsTools: boolean;
  readonly tokenizer: Tokenizer;
  /** How the model's answers are written. */
  readonly form: AnswerForm;
  /**
   * The tokenizer for reading an answer: like `tokenizer`, but marks such as `[TOOL_CALLS]` are part of the text, even
   * where they are control tokens.
   */
  readonly answerTokenizer: Tokenizer;
  /** The reasoning in the answer to this prompt; undefined if there can be none. */
  reasoningAfter(prompt: readonly Token[]): Reasoning | undefined;
}

export interface WriteOptions {
  /** Functions that the model may call. An empty list counts as none. */
  readonly tools?: readonly ChatTool[] | undefined;
}

/**
 * Parses the chat template of a model. Only the template can write control tokens (see `controlTokens`): if a message
 * spells one (`<|end|>`), the text is split inside the spelling and encoded in two pieces, so that the model reads
 * ordinary letters. Prompts without such spellings are encoded whole. Throws `model_files` if there is no template or
 * it is not valid Jinja, and a TypeError if the tokenizer adds control tokens in `encode`.
 */
export function chatWriter(model: ChatModel): ChatWriter {
  const { tokenizer, target } = model;
  const name = model.id ?? target?.name ?? "the model";
  if (tokenizer.encode("").some((token) => tokenizer.special.has(token))) {
    const problem = `The tokenizer of ${name} adds control tokens in encode().`;
    throw new TypeError(`${problem} Turn that off: the chat template writes them.`);
  }
  const renderer = chatRenderer(name, templateOf(name, model.chatTemplate));
  const control = controlTokens(tokenizer, renderer);
  const textOf = promptText({ name, tokenizer, renderer, control });
  const encoding = promptEncoding(tokenizer, control);
  const form = answerForm(renderer, tokenizer);
  return {
    write: (messages, { tools } = {}) => encodeSync(encoding(textOf(messages, tools)), tokenizer),
    writeAsync: async (messages, { tools } = {}) =>
      encodeAsync(textOf(messages, tools), encoding, { tokenizer, target }),
    control: new Set([...control.all, ...(target?.eos ?? [])]),
    readsTools: renderer.readsTools,
    tokenizer,
    form,
    answerTokenizer: spellingMarks(tokenizer, form.marks),
    reasoningAfter: (prompt) => reasoningAfter(prompt, form.reasoning, tokenizer),
  };
}

function templateOf(name: string, given: ChatModel["chatTemplate"]): ChatTemplate {
  if (given !== undefined) return typeof given === "string" ? { template: given } : given;
  const problem = `${name} has no chat template: it is a base model, which continues text but cannot answer messages.`;
  const remedy = "Continue a text with generate() or complete(), use a chat model, or add a template.";
  throw new LenityError("model_files", `${problem} ${remedy}`);
}

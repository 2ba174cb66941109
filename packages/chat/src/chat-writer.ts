import { LenityError, type Token, type Tokenizer } from "@lenity/core";
import type { ChatMessage, ChatTool } from "./chat-message.ts";
import type { ChatModel, ChatTemplate } from "./chat-model.ts";
import { chatRenderer } from "./chat-renderer.ts";
import { controlTokens } from "./control-tokens.ts";
import { encodeAsync, encodeSync, promptEncoding } from "./encode-prompt.ts";
import { promptText } from "./prompt-text.ts";

/** Turns messages into the tokens of a prompt, by the model's own chat template. */
export interface ChatWriter {
  /**
   * The prompt's tokens. Throws `invalid_request` when the template refuses the messages, when there are none or more
   * than 2048 of them, or when a text reads as a control token however it is cut; `unsupported` for what the template
   * would leave out.
   */
  write(messages: readonly ChatMessage[], options?: WriteOptions): Token[];
  /**
   * The same tokens, with long texts encoded on another thread, or with pauses where the tokenizer has none. Also
   * rejects with `context_full` when the target's context cannot hold the prompt, before encoding it where that shows.
   */
  writeAsync(messages: readonly ChatMessage[], options?: WriteOptions): Promise<Token[]>;
  /**
   * Tokens that lossy rules must leave alone, for the option `control` of `generate`: those that only the template may
   * write, and the target's EOS tokens.
   */
  readonly control: ReadonlySet<Token>;
  /** Whether the template shows tools to the model. */
  readonly readsTools: boolean;
  readonly tokenizer: Tokenizer;
}

export interface WriteOptions {
  /** Functions that the model may call. An empty list counts as none. */
  readonly tools?: readonly ChatTool[] | undefined;
}

/**
 * Parses the chat template of a model. Only the template writes control tokens (see `controlTokens`): where a message
 * spells one (`<|end|>`), the text is encoded in two pieces, cut inside the spelling, so that the model reads letters.
 * Prompts without such spellings are encoded whole. Throws `model_files` when there is no template or it is not Jinja,
 * and a TypeError when the tokenizer adds control tokens in `encode`.
 */
export function chatWriter(model: ChatModel): ChatWriter {
  const { tokenizer, target } = model;
  const name = model.id ?? target?.name ?? "the model";
  if (tokenizer.encode("").some((token) => tokenizer.special.has(token))) {
    const problem = `The tokenizer of ${name} adds control tokens of its own in encode().`;
    throw new TypeError(`${problem} Turn that off: the chat template writes them.`);
  }
  const renderer = chatRenderer(name, templateOf(name, model.chatTemplate));
  const control = controlTokens(tokenizer, renderer);
  const textOf = promptText({ name, tokenizer, renderer, control });
  const encoding = promptEncoding(tokenizer, control);
  return {
    write: (messages, { tools } = {}) => encodeSync(encoding(textOf(messages, tools)), tokenizer),
    writeAsync: async (messages, { tools } = {}) =>
      encodeAsync(textOf(messages, tools), encoding, { tokenizer, target }),
    control: new Set([...control.all, ...(target?.eos ?? [])]),
    readsTools: renderer.readsTools,
    tokenizer,
  };
}

function templateOf(name: string, given: ChatModel["chatTemplate"]): ChatTemplate {
  if (given !== undefined) return typeof given === "string" ? { template: given } : given;
  const problem = `${name} has no chat template: it is a base model, which continues texts and answers no messages.`;
  const remedy = "Continue a text with generate() or complete(), take a chat model, or give it a template.";
  throw new LenityError("model_files", `${problem} ${remedy}`);
}

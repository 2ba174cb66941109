import type { LanguageModel, Tokenizer } from "@lenity/core";

/** A model's chat template in Jinja: what `loadChatTemplate` of @lenity/onnx reads from a folder. */
export interface ChatTemplate {
  readonly template: string;
  /** Templates for other purposes, by name. `tool_use` replaces `template` if there are tools. */
  readonly named?: Readonly<Record<string, string>> | undefined;
  /** Texts of special tokens, by the names that templates use, such as `bos_token` and `eos_token`. */
  readonly tokens?: Readonly<Record<string, string>> | undefined;
  /** The file it comes from, for error messages. */
  readonly file?: string | undefined;
}

/** What a chat writer needs to know about a model. The result of `loadPair` of @lenity/onnx fits. */
export interface ChatModel {
  /** The model's name in error messages. Default: the target's name. */
  readonly id?: string | undefined;
  /** Its `encode` must not add tokens, because the template writes BOS. */
  readonly tokenizer: Tokenizer;
  /** The template, or only its Jinja source. Undefined, as for base models, is refused. */
  readonly chatTemplate: ChatTemplate | string | undefined;
  /** The model that gets the prompts. Its context limits their length, and its EOS tokens are control tokens. */
  readonly target?: Pick<LanguageModel, "name" | "contextLength" | "eos"> | undefined;
}

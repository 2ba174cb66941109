import type { LanguageModel, Tokenizer } from "@lenity/core";

/** A model's chat template in Jinja: what `loadChatTemplate` of @lenity/onnx reads from a folder. */
export interface ChatTemplate {
  readonly template: string;
  /** Templates for other purposes by name. `tool_use` takes the place of `template` where there are tools. */
  readonly named?: Readonly<Record<string, string>> | undefined;
  /** Texts of special tokens by the names that templates use, such as `bos_token` and `eos_token`. */
  readonly tokens?: Readonly<Record<string, string>> | undefined;
  /** The file it comes from, named in the error when it cannot be used. */
  readonly file?: string | undefined;
}

/** What a chat writer needs to know of a model. What `loadPair` of @lenity/onnx returns fits. */
export interface ChatModel {
  /** What errors call the model. Default: the target's name. */
  readonly id?: string | undefined;
  /** Its `encode` adds no tokens of its own: the template writes the beginning of the text. */
  readonly tokenizer: Tokenizer;
  /** The template, or its Jinja source alone. Undefined, as for base models, is refused. */
  readonly chatTemplate: ChatTemplate | string | undefined;
  /** The model that reads the prompts: its context limits them, and its EOS tokens are control tokens. */
  readonly target?: Pick<LanguageModel, "name" | "contextLength" | "eos"> | undefined;
}

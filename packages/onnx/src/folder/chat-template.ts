import { LenityError } from "@lenity/core";
import { namedTokens } from "../tokenizer/named-tokens.ts";
import type { ModelFolder } from "./model-folder.ts";

/** A model's Jinja chat template, and the texts of the special tokens it uses. */
export interface ChatTemplate {
  readonly template: string;
  /** The file it comes from. */
  readonly file: string;
  /** Templates for other purposes, such as `tool_use`, by name. */
  readonly named: Readonly<Record<string, string>>;
  /** Variables such as `bos_token` and `eos_token`, by their names in templates. */
  readonly tokens: Readonly<Record<string, string>>;
}

/**
 * chat_template.jinja, or else the `chat_template` of tokenizer_config.json, as in transformers. Undefined when the
 * folder has neither: the model is not a chat model. Rejects with `model_files` when the template cannot be read.
 */
export async function chatTemplateOf(folder: ModelFolder): Promise<ChatTemplate | undefined> {
  const settings = folder.nameOf("tokenizer_config.json");
  const config = (await folder.tokenizerConfig()) ?? {};
  const named = namedTemplates(config["chat_template"], settings);
  const own = await folder.chatTemplate();
  const template = own ?? named["default"];
  if (template === undefined) return undefined;
  const file = own === undefined ? settings : folder.nameOf("chat_template.jinja");
  return { template, file, named, tokens: namedTokens(config) };
}

/** One template, or a list of `{ name, template }`. */
function namedTemplates(value: unknown, file: string): Record<string, string> {
  if (value === undefined || value === null) return {};
  if (typeof value === "string") return { default: value };
  const pairs = Array.isArray(value) ? value.map((entry) => [entry?.name, entry?.template]) : [[undefined, undefined]];
  if (pairs.every(([name, template]) => typeof name === "string" && typeof template === "string"))
    return Object.fromEntries(pairs);
  throw new LenityError(
    "model_files",
    `${file} has a chat_template that is neither a string nor a list of { name, template }. Use the file from the model's own folder.`,
  );
}

import type { ChatModel } from "@lenity/chat";
import type { Drafter, LanguageModel, Policy, Registry, Sampling, Tokenizer } from "@lenity/core";

/** A model that the server offers, with everything a request can choose from. */
export interface ServedModel {
  /** The name that requests use. */
  readonly id: string;
  readonly target: LanguageModel;
  /** Its `encode` must not add tokens: the template writes the beginning of the text. */
  readonly tokenizer: Tokenizer;
  /**
   * The result of `loadChatTemplate` from @lenity/onnx, or just the Jinja source. The server does not start without
   * one.
   */
  readonly chatTemplate: ChatModel["chatTemplate"];
  /**
   * The drafters that `speculative.drafter` can name, such as "model" and "lookup"; the first is the default. Empty:
   * plain decoding. Each answer creates its own drafter.
   */
  readonly drafters: Readonly<Record<string, () => Drafter>>;
  /** The draft model, if there is one: /health shows the state of its engines next to the target's. */
  readonly draft?: LanguageModel | undefined;
  /** The verifiers and presets that requests can name. */
  readonly registry: Registry;
  /** The policy of requests without one. Default "strict". */
  readonly policy?: Policy | undefined;
  /** The block length, or "auto", for requests that neither set one nor name a preset with one. Default: "auto". */
  readonly draftTokens?: number | "auto" | undefined;
  /** The longest block, also of "auto", and the most tokens of an answer that a request may ask for. Default: no limit of their own. */
  readonly maxDraftTokens?: number | undefined;
  readonly maxTokens?: number | undefined;
  /** The settings in `generation_config.json`. The temperature is 1 if neither they nor the request set it. */
  readonly sampling?: Partial<Sampling> | undefined;
}

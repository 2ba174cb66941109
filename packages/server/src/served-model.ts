import type { ChatModel } from "@lenity/chat";
import type { Drafter, LanguageModel, Policy, Registry, Sampling, Tokenizer } from "@lenity/core";

/** A model that the server offers, with all that a request may choose from. */
export interface ServedModel {
  /** The name that requests use. */
  readonly id: string;
  readonly target: LanguageModel;
  /** Its `encode` adds no token of its own: the template writes the beginning of the text. */
  readonly tokenizer: Tokenizer;
  /**
   * What `loadChatTemplate` of @lenity/onnx returns, or the Jinja source alone. The server does not start without one.
   */
  readonly chatTemplate: ChatModel["chatTemplate"];
  /**
   * What `speculative.drafter` may name, such as "model" and "lookup"; the first is the default. None: plain decoding.
   * Each answer gets its own.
   */
  readonly drafters: Readonly<Record<string, () => Drafter>>;
  /**
   * The model behind one of the drafters, when there is one: /health shows how its engines are, beside the target's.
   */
  readonly draft?: LanguageModel | undefined;
  /** The verifiers and presets that requests may name. */
  readonly registry: Registry;
  /** For requests without one. Default "strict". */
  readonly policy?: Policy | undefined;
  /**
   * The longest block for requests that give none and name no preset with its own. Default: the default policy's own,
   * else 16.
   */
  readonly draftTokens?: number | undefined;
  /** What `generation_config.json` says. Temperature is 1 where neither this nor the request says otherwise. */
  readonly sampling?: Partial<Sampling> | undefined;
}

import { alignVocabulary, type LanguageModel, LenityError } from "@lenity/core";
import type { Engine, NumbersEngine } from "./engine.ts";
import { type Client, client } from "./http.ts";
import { numbersSession } from "./numbers-session.ts";
import { oip } from "./oip.ts";
import type { EngineName, RemoteOptions } from "./options.ts";
import { gives } from "./readings.ts";
import { rowsSession } from "./rows-session.ts";
import { sglang } from "./sglang.ts";
import { vllm } from "./vllm.ts";
import { newWire, type Wire } from "./wire.ts";

/** A target in another process or on another machine. */
export interface RemoteModel extends LanguageModel {
  readonly engine: EngineName;
  /** What has gone over the wire so far. */
  readonly wire: Readonly<Wire>;
}

/** Engines batch what comes at the same time. More only wait in the engine's own queue. */
const places = 64;

const connect: Readonly<Record<EngineName, (client: Client, options: RemoteOptions) => Promise<Engine>>> = {
  sglang,
  vllm,
  oip,
  lenity: vllm,
};

/**
 * Connects to an engine and finds out what it can do. Throws `engine_failed` if it cannot be reached or does not answer
 * as that engine does, `unsupported` if it returns no log probabilities, and `invalid_request` for options that are
 * missing or that it does not know.
 */
export async function remoteModel(options: RemoteOptions): Promise<RemoteModel> {
  checkOptions(options);
  const wire = newWire();
  const engine = await connect[options.engine](client(options, wire), options);
  const contextLength = options.contextLength ?? engine.contextLength;
  if (contextLength === undefined) throw unknown(engine.name, "contextLength", "how many tokens it holds");
  const width = engine.kind === "numbers" ? engine.hidden : undefined;
  const hidden = width === undefined ? {} : { "post-norm": width };
  const said = { name: engine.name, source: options.url, contextLength, eos: options.eos ?? [], hidden };
  const own = { engine: options.engine, wire, places, close: async () => {} };
  if (engine.kind === "rows") {
    const { vocabulary } = engine;
    const model = { ...said, ...own, vocabulary, open: async () => rowsSession(engine, contextLength) };
    return { ...alignVocabulary(model, options.tokens ?? { vocabulary }), ...own };
  }
  return { ...said, ...own, ...numbers(engine, contextLength, options, wire) };
}

function numbers(engine: NumbersEngine, contextLength: number, options: RemoteOptions, wire: Wire) {
  const vocabulary = options.tokens?.vocabulary ?? engine.vocabulary;
  if (vocabulary === undefined) throw unknown(engine.name, "tokens", "how many token ids it has");
  const { unused } = options.tokens ?? {};
  const model = { engine, vocabulary, unused, contextLength, tolerance: options.tolerance ?? 0.25, wire };
  return {
    vocabulary,
    unused,
    reach: { gives: (reading: Parameters<typeof gives>[0]) => gives(reading, engine.top), rows: false, draws: true },
    open: async () => numbersSession(model),
  };
}

function checkOptions({ engine, url }: RemoteOptions): void {
  if (!Object.hasOwn(connect, engine))
    throw new LenityError(
      "invalid_request",
      `The engine is ${engine}; expected one of ${Object.keys(connect).join(", ")}.`,
      { path: "engine", subject: engine },
    );
  if (!/^https?:\/\/./.test(url))
    throw new LenityError("invalid_request", `The url is ${url}; expected one such as http://gpu-1:30000.`, {
      path: "url",
    });
}

const unknown = (name: string, option: string, what: string): LenityError =>
  new LenityError("invalid_request", `${name} does not say ${what}. Give \`${option}\`.`, { path: option });

/**
 * vLLM's completions with `prompt_logprobs`, which lenity's own server speaks too. A call with `prompt_logprobs` reads
 * no prefix cache, so that each round pays for the whole context: nothing is ever stale.
 */
import { LenityError, type Sample } from "@lenity/core";
import { byProbability, fieldOf, isObject, listOf, logprobOf, malformed } from "./check-reply.ts";
import type { DrawCall, Listed, NumbersEngine, Position, ScoreCall } from "./engine.ts";
import { type Client, refusedWith } from "./http.ts";
import type { RemoteOptions } from "./options.ts";

/** All that would change the distribution, since a server takes other defaults from its model's folder. */
const plain = {
  ...{ temperature: 1, top_p: 1, top_k: -1, min_p: 0 },
  ...{ frequency_penalty: 0, presence_penalty: 0, repetition_penalty: 1 },
  // Without it, tokens have only texts, and two may have the same.
  ...{ max_tokens: 1, return_tokens_as_token_ids: true },
};

export async function vllm(client: Client, options: RemoteOptions): Promise<NumbersEngine> {
  const { url } = options;
  const served = listOf(fieldOf(await client.json({ path: "/v1/models" }), "data")).filter(isObject);
  const names = served.map(({ id }) => String(id));
  const name = options.model ?? names[0];
  if (name === undefined) throw malformed(`The server at ${url}`, "any model (/v1/models)");
  const entry = served.find(({ id }) => id === name);
  if (entry === undefined) throw unknownModel(url, name, names);
  const engine = `${name} at ${url}`;

  const complete = async (json: object, signal: AbortSignal | undefined): Promise<readonly unknown[]> => {
    const reply = await client.json({ path: "/v1/completions", json: { model: name, ...plain, ...json }, signal });
    if (fieldOf(reply, "model") !== name) throw renamed(url, name, fieldOf(reply, "model"));
    return listOf(fieldOf(reply, "choices"));
  };
  const score = async ({ tokens, from, top, seed, signal }: Omit<ScoreCall, "fresh">) => {
    const [choice] = await complete({ prompt: tokens, prompt_logprobs: top, logprobs: top, seed }, signal);
    const all = listOf(fieldOf(choice, "prompt_logprobs"));
    if (all.length !== tokens.length) throw malformed(engine, `prompt_logprobs for ${tokens.length} tokens`);
    const positions: (Position | undefined)[] = [];
    for (let index = from; index < tokens.length; index++)
      positions.push(index === 0 ? undefined : positionOf(engine, all[index], String(tokens[index]), top));
    const { sample, top: last } = outputOf(engine, choice);
    positions.push({ top: last.slice(0, top) });
    return { positions, sample };
  };
  return {
    kind: "numbers",
    name,
    contextLength:
      lengthOf(entry) ?? lengthOf(await client.json({ path: "/tokenize", json: { model: name, prompt: "a" } })),
    top: await mostListed(engine, options.top ?? 20, (top) => score({ tokens: [0, 0], from: 1, top, seed: 0 })),
    score,
    async draw({ tokens, count, seed, signal }: DrawCall) {
      const choices = await complete({ prompt: tokens, n: count, logprobs: 0, seed }, signal);
      return choices.map((choice) => outputOf(engine, choice).sample);
    },
  };
}

const lengthOf = (value: unknown): number | undefined => {
  const length = fieldOf(value, "max_model_len");
  return typeof length === "number" ? length : undefined;
};

/** How many of the most probable tokens the server lists: found by asking for fewer and fewer. */
async function mostListed(engine: string, wanted: number, ask: (top: number) => Promise<unknown>): Promise<number> {
  for (let top = wanted; ; top = top > 4 ? Math.floor(top / 2) : top - 1) {
    try {
      await ask(top);
      return top;
    } catch (cause) {
      const status = refusedWith(cause);
      if (status !== 400 && status !== 422) throw cause;
      if (top > 1) continue;
      throw new LenityError(
        "unsupported",
        `${engine} returns no log probabilities of prompts, so it cannot verify drafts. Start it with them (vLLM: --max-logprobs 20). It said: ${(cause as Error).message}`,
        { cause },
      );
    }
  }
}

/** `{id: {logprob, rank, …}}`, with the prompt's own token always among them. */
function positionOf(engine: string, value: unknown, own: string, top: number): Position {
  if (!isObject(value) || !Object.hasOwn(value, own)) throw malformed(engine, `prompt_logprobs of token ${own}`);
  const list = Object.entries(value).map(([id, said]) => ({
    token: Number(id),
    logprob: logprobOf(fieldOf(said, "logprob")),
  }));
  return { own: logprobOf(fieldOf(value[own], "logprob")), top: byProbability(list).slice(0, top) };
}

const idOf = (engine: string, name: unknown): number => {
  const id = /^token_id:(\d+)$/.exec(String(name))?.[1];
  if (id === undefined) throw malformed(engine, "token ids (return_tokens_as_token_ids)");
  return Number(id);
};

/** The token that was drawn, and the most probable ones of its row. */
function outputOf(engine: string, choice: unknown): { readonly sample: Sample; readonly top: Listed[] } {
  const logprobs = fieldOf(choice, "logprobs");
  const [name] = listOf(fieldOf(logprobs, "tokens"));
  const [logprob] = listOf(fieldOf(logprobs, "token_logprobs"));
  const [top] = listOf(fieldOf(logprobs, "top_logprobs"));
  const list = Object.entries(isObject(top) ? top : {}).map(([id, value]) => ({
    token: idOf(engine, id),
    logprob: logprobOf(value),
  }));
  return { sample: { token: idOf(engine, name), probability: Math.exp(logprobOf(logprob)) }, top: byProbability(list) };
}

const unknownModel = (url: string, name: string, names: readonly string[]): LenityError =>
  new LenityError(
    "invalid_request",
    `The server at ${url} has no model ${name}; it serves ${names.join(", ") || "none"}. Name one of them, or none for the first.`,
    { path: "model", subject: name },
  );

const renamed = (url: string, name: string, found: unknown): LenityError =>
  new LenityError(
    "engine_failed",
    `The server at ${url} answered as ${found}; expected ${name}. It was restarted with another model: connect again.`,
    { kind: "engine_changed", model: name },
  );

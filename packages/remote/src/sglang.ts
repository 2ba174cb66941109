/**
 * SGLang's native route `/generate`. One call scores the block and draws the token behind it. The radix cache serves
 * all tokens before `logprob_start_len`. The list of log probabilities begins at that token, whose own is null: it
 * would need the row before it.
 */
import type { Sample } from "@lenity/core";
import { byProbability, fieldOf, isObject, listOf, logprobOf, malformed } from "./check-reply.ts";
import type { DrawCall, Listed, NumbersEngine, Position, ScoreCall } from "./engine.ts";
import { type Client, refusedWith } from "./http.ts";
import type { RemoteOptions } from "./options.ts";
import { lastStates, widthOfStates } from "./sglang-hidden.ts";

/** All that would change the distribution, since a server may have other defaults. */
const plainSampling = {
  ...{ temperature: 1, top_p: 1, top_k: -1, min_p: 0 },
  ...{ frequency_penalty: 0, presence_penalty: 0, repetition_penalty: 1 },
  ...{ max_new_tokens: 1, min_new_tokens: 0, ignore_eos: true },
};

export async function sglang(client: Client, { url, model, top = 20 }: RemoteOptions): Promise<NumbersEngine> {
  const info = await client.json({ path: "/get_model_info" });
  const name = fieldOf(info, "model_path");
  if (typeof name !== "string") throw malformed(`The server at ${url}`, "model_path (SGLang's /get_model_info)");
  const server = await client.json({ path: "/get_server_info" }).catch(() => undefined);
  const lengths = [fieldOf(info, "max_context_length"), fieldOf(server, "context_length")];
  const engine = `SGLang at ${url}`;

  const generate = async (json: object, signal: AbortSignal | undefined): Promise<readonly unknown[]> => {
    const reply = await client.json({ path: "/generate", json: { ...json, return_logprob: true }, signal });
    return (Array.isArray(reply) ? reply : [reply]).map((one) => fieldOf(one, "meta_info"));
  };
  /** Older versions refuse seeds. */
  let heedsSeeds = true;
  const seeded = (sampling_seed: number) => (heedsSeeds ? { sampling_seed } : {});
  const row: NumbersEngine["row"] = async ({ tokens, signal }, vocabulary) => {
    const all = { sampling_params: plainSampling, logprob_start_len: -1, top_logprobs_num: vocabulary };
    const metas = await generate({ input_ids: tokens, ...all }, signal).catch((cause) => {
      if (!isRefusal(cause)) throw cause;
      // It is not asked again: from now on it draws however long it takes.
      found.row = undefined;
      return undefined;
    });
    if (metas === undefined) return undefined;
    const list = listedOf(engine, listOf(fieldOf(metas[0], "output_top_logprobs"))[0]);
    if (list.length < vocabulary) throw malformed(engine, `all ${vocabulary} log probabilities of a row`);
    const values = new Float32Array(vocabulary).fill(Number.NEGATIVE_INFINITY);
    for (const { token, logprob } of list) values[token] = logprob;
    return values;
  };
  const found: NumbersEngine & { row: NumbersEngine["row"]; hidden?: number | undefined } = {
    kind: "numbers",
    name: model ?? name,
    contextLength: [...lengths, fieldOf(server, "max_req_input_len")].find((value) => typeof value === "number"),
    vocabulary: [fieldOf(info, "vocab_size")].find((value) => typeof value === "number"),
    top,
    async score({ tokens, from, top, seed, fresh, hidden = false, signal }: ScoreCall) {
      const start = fresh ? 0 : Math.max(0, from - 1);
      const [meta] = await generate(
        {
          input_ids: tokens,
          sampling_params: { ...plainSampling, ...seeded(seed) },
          ...{ logprob_start_len: start, top_logprobs_num: top },
          ...(hidden ? { return_hidden_states: true } : {}),
        },
        signal,
      );
      return {
        positions: positionsOf(engine, meta, { length: tokens.length, from, start }),
        sample: sampleOf(engine, meta),
        hidden: hidden ? lastStates(engine, meta, tokens.length, tokens.length - from) : undefined,
      };
    },
    async draw({ tokens, count, seed, signal }: DrawCall) {
      // A batch rather than `n`, whose draws would all have the same seed, and so be the same token.
      const each = Array.from({ length: count }, (_, at) => ({ ...plainSampling, ...seeded((seed + at) % 2 ** 31) }));
      const input_ids = each.map(() => tokens);
      const metas = await generate({ input_ids, sampling_params: each, logprob_start_len: -1 }, signal);
      return metas.map((meta) => sampleOf(engine, meta));
    },
    row,
  };
  const probe = () => found.score({ tokens: [0, 0], from: 1, top: 2, seed: 0, fresh: false });
  await probe().catch((cause) => {
    if (!isRefusal(cause)) throw cause;
    heedsSeeds = false;
    return probe();
  });
  const states = async (return_hidden_states: "last" | true) => {
    const call = { input_ids: [0, 0], sampling_params: plainSampling, logprob_start_len: 0, return_hidden_states };
    return (await generate(call, undefined))[0];
  };
  found.hidden = await widthOfStates(engine, states, isRefusal);
  return found;
}

/** Whether the engine refused what it was asked for, rather than failed. */
const isRefusal = (cause: unknown): boolean => [400, 422].includes(refusedWith(cause) ?? 0);

/** A pair `[log probability, token, text]`. */
function pairOf(engine: string, value: unknown): Listed {
  const [logprob, token] = listOf(value);
  if (typeof token !== "number") throw malformed(engine, "pairs of log probability and token id");
  return { token, logprob: logprobOf(logprob) };
}

const listedOf = (engine: string, value: unknown): Listed[] =>
  byProbability(listOf(value).map((pair) => pairOf(engine, pair)));

/** The positions of the tokens from index `from` on and of what follows; the lists begin at index `start`. */
function positionsOf(
  engine: string,
  meta: unknown,
  { length, from, start }: { readonly length: number; readonly from: number; readonly start: number },
): (Position | undefined)[] {
  const own = listOf(fieldOf(meta, "input_token_logprobs"));
  const tops = listOf(fieldOf(meta, "input_top_logprobs"));
  const last = listOf(fieldOf(meta, "output_top_logprobs"))[0];
  if (own.length !== length - start || tops.length !== own.length || !Array.isArray(last))
    throw malformed(engine, `the ${length - start} log probabilities that were asked for`);
  const positions: (Position | undefined)[] = [];
  for (let index = from; index < length; index++)
    positions.push(index === 0 ? undefined : positionOf(engine, own[index - start], tops[index - start]));
  return [...positions, { top: listedOf(engine, last) }];
}

function positionOf(engine: string, own: unknown, top: unknown): Position {
  if (!Array.isArray(top)) throw malformed(engine, "the most probable tokens of every position");
  return { own: pairOf(engine, own).logprob, top: listedOf(engine, top) };
}

function sampleOf(engine: string, meta: unknown): Sample {
  if (!isObject(meta)) throw malformed(engine, "meta_info");
  const { token, logprob } = pairOf(engine, listOf(meta["output_token_logprobs"])[0]);
  return { token, probability: Math.exp(logprob) };
}

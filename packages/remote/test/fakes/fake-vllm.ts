/** vLLM's `/v1/completions` and `/v1/models` over a table model. */
import { bestOf, drawsOf, type FakeOptions, fakeTable } from "./fake-engine.ts";
import type { Fake } from "./fake-sglang.ts";

interface Complete {
  readonly model: string;
  readonly prompt: readonly number[];
  readonly temperature: number;
  readonly max_tokens: number;
  readonly n?: number;
  readonly seed?: number;
  readonly logprobs?: number;
  readonly prompt_logprobs?: number;
  readonly return_tokens_as_token_ids?: boolean;
}

export function fakeVllm(options: FakeOptions): Fake {
  const table = fakeTable(options);
  const refused = (message: string, status = 400) => Response.json({ error: { message, code: status } }, { status });
  const complete = (body: Complete): Response => {
    const { prompt, n = 1, seed = 0, logprobs: top, prompt_logprobs: promptTop } = body;
    const most = options.mostListed ?? 20;
    if (body.model !== table.name) return refused(`The model ${body.model} does not exist.`, 404);
    if (body.temperature !== 1 || body.max_tokens !== 1) return refused("the fake draws one token at temperature 1");
    if (promptTop !== undefined && (options.withoutLogprobs === true || promptTop > most))
      return refused(`Requested prompt logprobs of ${promptTop}, which is greater than max allowed: ${most}`);
    // With prompt_logprobs no prefix is read from the cache.
    table.compute(prompt, promptTop === undefined ? prompt.length : 0);
    const said = (row: Float64Array, token: number) => ({
      logprob: Math.max(-9999, row[token] as number),
      rank: bestOf(row, row.length).indexOf(token) + 1,
      decoded_token: "",
    });
    const promptLogprobs = prompt.map((token, at) => {
      if (at === 0) return null;
      const row = table.logprobs(prompt.slice(0, at), false);
      return Object.fromEntries([...bestOf(row, promptTop ?? 0), token].map((id) => [id, said(row, id)]));
    });
    const last = table.logprobs(prompt, false);
    const named = (token: number) => (body.return_tokens_as_token_ids === true ? `token_id:${token}` : "x");
    return Response.json({
      model: table.name,
      choices: drawsOf(last, n, seed).map((token, index) => ({
        index,
        text: "",
        logprobs: {
          tokens: [named(token)],
          token_logprobs: [last[token]],
          top_logprobs: [
            Object.fromEntries(
              [...bestOf(last, top ?? 0), token].map((id) => [named(id), Math.max(-9999, last[id] as number)]),
            ),
          ],
        },
        ...(promptTop === undefined ? {} : { prompt_logprobs: promptLogprobs }),
      })),
    });
  };
  return {
    counts: table.counts,
    async fetch(request) {
      const refusal = await table.begin(request.signal);
      if (refusal !== undefined) return refusal;
      const { pathname } = new URL(request.url);
      if (pathname === "/v1/models")
        return Response.json({ data: [{ id: table.name, max_model_len: options.contextLength ?? 512 }] });
      if (pathname === "/v1/completions") return complete((await request.json()) as Complete);
      return new Response("not found", { status: 404 });
    },
  };
}

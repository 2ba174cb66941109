/** SGLang's `/generate`, `/get_model_info` and `/get_server_info` over a table model. */
import { bestOf, type Counts, drawsOf, type FakeOptions, fakeTable } from "./fake-engine.ts";

interface Generate {
  readonly input_ids: readonly number[];
  readonly sampling_params: Readonly<Record<string, number | boolean>>;
  readonly return_logprob?: boolean;
  readonly logprob_start_len?: number;
  readonly top_logprobs_num?: number;
}

export interface Fake {
  readonly counts: Counts;
  fetch(request: Request): Promise<Response>;
}

export function fakeSglang(options: FakeOptions): Fake {
  const table = fakeTable(options);
  const generate = (body: Generate): Response => {
    const {
      input_ids: ids,
      sampling_params: sampling,
      logprob_start_len: start = -1,
      top_logprobs_num: top = 0,
    } = body;
    if (sampling["temperature"] !== 1 || sampling["top_p"] !== 1 || sampling["top_k"] !== -1)
      return Response.json({ error: { message: "the fake draws at temperature 1 only" } }, { status: 400 });
    if (top > (options.mostListed ?? (options.withoutRows ? options.model.vocabulary - 1 : top)))
      return Response.json({ error: { message: `top_logprobs_num ${top} is too large` } }, { status: 400 });
    const first = start < 0 ? ids.length : start;
    table.compute(ids, first);
    const pair = (row: Float64Array, token: number) => [finite(row[token] as number), token, null];
    const listed = (row: Float64Array) => bestOf(row, top).map((token) => pair(row, token));
    // The token at `first` comes first, and without a value: its row would be the one before.
    const behind = Array.from({ length: Math.max(0, ids.length - first - 1) }, (_, at) => first + 1 + at);
    const rowOf = (index: number) => table.logprobs(ids.slice(0, index), start > 0);
    const last = table.logprobs(ids, start > 0);
    const meta = (token: number) => ({
      ...(options.withoutLogprobs || start < 0 || first >= ids.length
        ? { input_token_logprobs: [], input_top_logprobs: [] }
        : {
            input_token_logprobs: [[null, ids[first], null], ...behind.map((at) => pair(rowOf(at), ids[at] as number))],
            input_top_logprobs: [null, ...behind.map((at) => listed(rowOf(at)))],
          }),
      output_token_logprobs: [pair(last, token)],
      output_top_logprobs: [listed(last)],
      cached_tokens: 0,
      prompt_tokens: ids.length,
      completion_tokens: 1,
    });
    const count = Number(sampling["n"] ?? 1);
    const answers = drawsOf(last, count, Number(sampling["sampling_seed"] ?? 0)).map((token) => ({
      text: "",
      output_ids: [token],
      meta_info: meta(token),
    }));
    return Response.json(count === 1 ? answers[0] : answers);
  };
  return {
    counts: table.counts,
    async fetch(request) {
      const refusal = await table.begin(request.signal);
      if (refusal !== undefined) return refusal;
      const { pathname } = new URL(request.url);
      if (pathname === "/get_model_info") return Response.json({ model_path: table.name, is_generation: true });
      if (pathname === "/get_server_info") return Response.json({ context_length: options.contextLength ?? 512 });
      if (pathname === "/generate") return generate((await request.json()) as Generate);
      return new Response("not found", { status: 404 });
    },
  };
}

/** JSON has no infinities. */
const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);

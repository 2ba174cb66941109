/** SGLang's `/generate`, `/get_model_info` and `/get_server_info` over a table model. */
import { seeded } from "@lenity/core";
import { bestOf, type Counts, drawsOf, type FakeOptions, fakeTable, type Table } from "./fake-engine.ts";

export interface Fake {
  readonly counts: Counts;
  fetch(request: Request): Promise<Response>;
}

type Sampling = Readonly<Record<string, number | boolean>>;

/** One sequence of a call. */
interface Sequence {
  readonly ids: readonly number[];
  readonly sampling: Sampling;
  readonly start: number;
  readonly top: number;
  readonly states: Mode;
}

/** Which hidden states are asked for. */
type Mode = boolean | "last";

interface Generate {
  readonly input_ids: readonly number[] | readonly (readonly number[])[];
  readonly sampling_params: Sampling | readonly Sampling[];
  readonly logprob_start_len?: number;
  readonly top_logprobs_num?: number;
  readonly return_hidden_states?: Mode;
}

export function fakeSglang(options: FakeOptions): Fake {
  const table = fakeTable(options);
  const random = seeded(11);
  const generate = (body: Generate): Response => {
    const { input_ids: ids, sampling_params: sampling } = body;
    const { logprob_start_len: start = -1, top_logprobs_num: top = 0, return_hidden_states: states = false } = body;
    const batch = Array.isArray(ids[0]);
    const each = (batch ? ids : [ids]) as readonly (readonly number[])[];
    const how = (batch ? sampling : [sampling]) as readonly Sampling[];
    const all = each.map((one, at): Sequence => ({ ids: one, sampling: how[at] as Sampling, start, top, states }));
    const reason = all.map((one) => refusal(one, options)).find((found) => found !== undefined);
    if (reason !== undefined) return Response.json({ error: { message: reason } }, { status: 400 });
    const answers = all.map((one) => answerOf(one, table, options, random));
    return Response.json(batch ? answers : answers[0]);
  };
  return {
    counts: table.counts,
    async fetch(request) {
      const busy = await table.begin(request.signal);
      if (busy !== undefined) return busy;
      const { pathname } = new URL(request.url);
      if (pathname === "/get_model_info") return Response.json({ model_path: table.name, is_generation: true });
      if (pathname === "/get_server_info") return Response.json({ context_length: options.contextLength ?? 512 });
      if (pathname === "/generate") return generate((await request.json()) as Generate);
      return new Response("not found", { status: 404 });
    },
  };
}

function refusal({ sampling, top, states }: Sequence, options: FakeOptions): string | undefined {
  if (states !== false && options.states === undefined) return "The server is not configured to return hidden states.";
  if (states === "last" && options.withoutModes === true)
    return "return_hidden_states: Input should be a valid boolean";
  if (states === true && options.onlyLastStates === true)
    return "The requested mode exceeds the server maximum `last`.";
  if (options.refusesSeeds === true && "sampling_seed" in sampling) return "unexpected argument 'sampling_seed'";
  if (sampling["temperature"] !== 1 || sampling["top_p"] !== 1 || sampling["top_k"] !== -1)
    return "the fake draws at temperature 1 only";
  const most = options.mostListed ?? (options.withoutRows === true ? options.model.vocabulary - 1 : top);
  return top > most ? `top_logprobs_num ${top} is too large` : undefined;
}

function answerOf(
  { ids, sampling, start, top, states }: Sequence,
  table: Table,
  options: FakeOptions,
  random: () => number,
) {
  const first = start < 0 ? ids.length : start;
  const cached = table.compute(ids, first);
  const pair = (row: Float64Array, token: number) => [finite(row[token] as number), token, null];
  const listed = (row: Float64Array) => bestOf(row, top).map((token) => pair(row, token));
  // The token at `first` comes first, and without a value: its row would be the one before.
  const behind = Array.from({ length: Math.max(0, ids.length - first - 1) }, (_, at) => first + 1 + at);
  const rowOf = (index: number) => table.logprobs(ids.slice(0, index), start > 0);
  const last = table.logprobs(ids, start > 0);
  const seed = sampling["sampling_seed"] ?? Math.floor(random() * 2 ** 31);
  const [token = 0] = drawsOf(last, 1, Number(seed));
  const silent = options.withoutLogprobs === true || first >= ids.length;
  return {
    text: "",
    output_ids: [token],
    meta_info: {
      input_token_logprobs: silent
        ? []
        : [[null, ids[first], null], ...behind.map((at) => pair(rowOf(at), ids[at] as number))],
      input_top_logprobs: silent ? [] : [null, ...behind.map((at) => listed(rowOf(at)))],
      output_token_logprobs: [pair(last, token)],
      output_top_logprobs: [listed(last)],
      cached_tokens: cached,
      prompt_tokens: ids.length,
      completion_tokens: 1,
      ...(states === false
        ? {}
        : { hidden_states: statesOf(ids, states === "last" ? ids.length - 1 : cached, table, options) }),
    },
  };
}

/** The states of the tokens from index `from` on, in one part, since they were computed in one pass. */
function statesOf(ids: readonly number[], from: number, { counts }: Table, options: FakeOptions): number[][][] {
  const of = (end: number) => Array.from(options.states?.(ids.slice(0, end)) ?? []);
  const own = ids.slice(from).map((_, at) => of(from + at + 1));
  return [counts.calls >= (options.mixedFrom ?? Number.POSITIVE_INFINITY) ? [of(1), ...own] : own];
}

/** JSON has no infinities. */
const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);

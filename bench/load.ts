/**
 * A server under load. For each number of streams, that many clients each ask one long question after another for some
 * seconds. Beside them one client asks short questions, and another asks for /health. Any OpenAI-compatible server can
 * be measured.
 */
import { setTimeout as pause } from "node:timers/promises";
import { markdownTable } from "./table.ts";

export interface LoadOptions {
  /** The server's address, without a path. */
  readonly url: string;
  /** Sent as a bearer token. */
  readonly key?: string | undefined;
  /** How many clients stream at the same time. Default 1, 4, 16 and 64. */
  readonly streams?: readonly number[] | undefined;
  /** Seconds for each number of streams, after the first answer has begun. Default 5. */
  readonly seconds?: number | undefined;
  /** Fields of a request with a long answer, and with a short one. `at` counts the requests. */
  readonly long: (at: number) => object;
  readonly short: (at: number) => object;
  /** The server's event loop, if it can be asked: its delays in milliseconds since it was last asked. */
  readonly eventLoop?: (() => Promise<Spread>) | undefined;
  readonly progress?: ((done: number, all: number) => void) | undefined;
}

/** Milliseconds. Absent figures of an empty sample are 0. */
export interface Spread {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
}

export interface LoadRow {
  readonly streams: number;
  /** Tokens of long answers that arrived in a second, over all streams. */
  readonly tokensPerSecond: number;
  /** From the request to the first text of a long answer. */
  readonly firstToken: Spread;
  /** Between two pieces of text of a long answer. */
  readonly gap: Spread;
  /** From the request to the first text, and to the end, of a short answer beside the long ones. */
  readonly shortFirstToken: Spread;
  readonly shortAnswer: Spread;
  /** Of GET /health. */
  readonly health: Spread;
  readonly eventLoop?: Spread | undefined;
  /** Requests that were refused or failed, by status; 0 for a stream that broke. */
  readonly errors: Readonly<Record<string, number>>;
}

export interface LoadReport {
  readonly seconds: number;
  readonly rows: readonly LoadRow[];
}

/** Loads the server with each number of streams in turn. Never runs longer than a fixed multiple of `seconds`. */
export async function load(options: LoadOptions): Promise<LoadReport> {
  const { streams = [1, 4, 16, 64], seconds = 5 } = options;
  const rows: LoadRow[] = [];
  for (const count of streams) {
    rows.push(await row(count, seconds, options));
    options.progress?.(rows.length, streams.length);
  }
  return { seconds, rows };
}

async function row(streams: number, seconds: number, options: LoadOptions): Promise<LoadRow> {
  const [firstToken, gap, shortFirstToken, shortAnswer, health] = Array.from({ length: 5 }, () => [] as number[]);
  const errors: Record<string, number> = {};
  const over = new AbortController();
  let tokens = 0;
  let at = 0;
  const ask = async (body: object, seen: (since: number, first: boolean, tokens: number) => void): Promise<boolean> => {
    try {
      const status = await streamAnswer(options, body, over.signal, seen);
      if (status === 200) return true;
      errors[status] = (errors[status] ?? 0) + 1;
    } catch {
      if (!over.signal.aborted) errors[0] = (errors[0] ?? 0) + 1;
    }
    // A client that was refused comes back later.
    await pause(100);
    return false;
  };
  const forever = async (turn: () => Promise<unknown>) => {
    while (!over.signal.aborted) await turn();
  };
  const long = () =>
    ask(options.long(at++), (since, first, more) => {
      (first ? firstToken : gap)?.push(since);
      tokens += more;
    });
  const short = async () => {
    const began = performance.now();
    const done = await ask(options.short(at++), (since, first) => first && shortFirstToken?.push(since));
    if (done) shortAnswer?.push(performance.now() - began);
    await pause(200);
  };
  const look = async () => {
    const began = performance.now();
    await (await fetch(`${options.url}/health`)).text();
    health?.push(performance.now() - began);
    await pause(20);
  };
  const clients = [...Array.from({ length: streams }, () => forever(long)), forever(short), forever(look)];
  const began = performance.now();
  await options.eventLoop?.();
  await pause(seconds * 1000);
  const elapsed = (performance.now() - began) / 1000;
  const delays = await options.eventLoop?.();
  over.abort();
  await Promise.all(clients);
  return {
    streams,
    tokensPerSecond: tokens / elapsed,
    firstToken: spread(firstToken),
    gap: spread(gap),
    shortFirstToken: spread(shortFirstToken),
    shortAnswer: spread(shortAnswer),
    health: spread(health),
    eventLoop: delays,
    errors,
  };
}

/**
 * Streams one answer. `seen` gets each piece of text: the milliseconds since the request or the piece before, and its
 * tokens as far as the trace tells. `ended` gets the tokens of the whole answer, if the request asks for its usage.
 * Resolves to the status.
 */
export async function streamAnswer(
  { url, key }: Pick<LoadOptions, "url" | "key">,
  body: object,
  signal: AbortSignal,
  seen: (since: number, first: boolean, tokens: number) => void,
  ended?: (tokens: number) => void,
): Promise<number> {
  let last = performance.now();
  let first = true;
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json", ...(key === undefined ? {} : { authorization: `Bearer ${key}` }) },
    body: JSON.stringify({ ...body, stream: true }),
    signal,
  });
  if (response.status !== 200 || response.body === null) {
    await response.text();
    return response.status;
  }
  let rest = "";
  for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      if (!line.startsWith("data: {")) continue;
      const chunk = JSON.parse(line.slice("data: ".length)) as Chunk;
      if (chunk.error !== undefined) throw new Error(chunk.error.message);
      if (chunk.usage != null) ended?.(chunk.usage.completion_tokens);
      if (!chunk.choices?.some(({ delta }) => (delta?.content ?? "") !== "")) continue;
      const now = performance.now();
      seen(now - last, first, chunk.trace?.length ?? 1);
      last = now;
      first = false;
    }
  }
  return 200;
}

interface Chunk {
  readonly error?: { readonly message: string };
  readonly choices?: readonly { readonly delta?: { readonly content?: string } }[];
  readonly trace?: readonly unknown[];
  readonly usage?: { readonly completion_tokens: number } | null;
}

/** The middle and the slow end of a sample. */
export function spread(values: readonly number[] = []): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return { count: sorted.length, p50: at(0.5), p99: at(0.99) };
}

/** The report as a Markdown table. */
export function loadTable({ rows }: LoadReport): string {
  const both = (figures: Spread | undefined) =>
    figures === undefined ? "" : `${figures.p50.toFixed(0)} / ${figures.p99.toFixed(0)}`;
  const head = ["streams", "tokens/s", "first token", "gap", "short: first token", "short: answer", "/health", "loop"];
  const body = rows.map((row) => [
    String(row.streams),
    row.tokensPerSecond.toFixed(0),
    ...[row.firstToken, row.gap, row.shortFirstToken, row.shortAnswer, row.health, row.eventLoop].map(both),
  ]);
  return markdownTable(head, body);
}

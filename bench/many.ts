/**
 * Many requests at once: the tokens a second that a server makes for several streams together, and how long a short
 * request waits behind long ones.
 */
import { setTimeout as pause } from "node:timers/promises";
import { type LoadOptions, type Spread, spread, streamAnswer } from "./load.ts";
import { markdownTable } from "./table.ts";

export interface ManyOptions extends Pick<LoadOptions, "url" | "key" | "progress"> {
  /** Policies, and `plain` for decoding without drafts. */
  readonly policies: readonly string[];
  /** How many clients ask at the same time, the first of them alone. Default 1, 4 and 16. */
  readonly streams?: readonly number[] | undefined;
  /** Seconds for each figure, after one of warming up. Default 6. */
  readonly seconds?: number | undefined;
  /** Questions whose answers are counted. */
  readonly questions: readonly string[];
}

export interface ManyRow {
  readonly policy: string;
  /** In the order of the report's `streams`. */
  readonly tokensPerSecond: readonly number[];
}

export interface ManyReport {
  readonly seconds: number;
  readonly streams: readonly number[];
  readonly rows: readonly ManyRow[];
  /** Long answers beside the short requests. */
  readonly behind: number;
  /** Milliseconds to the first text of a short answer, by itself and behind the long ones. */
  readonly alone: Spread;
  readonly waiting: Spread;
}

const [warmUp, behind] = [1000, 15];

/** Measures each policy with each number of streams, and then the wait. Throws if a request fails. */
export async function many(options: ManyOptions): Promise<ManyReport> {
  const { policies, streams = [1, 4, 16], seconds = 6, progress } = options;
  const all = policies.length * streams.length + 2;
  let done = 0;
  const counted = <Value>(value: Value): Value => {
    progress?.(++done, all);
    return value;
  };
  const rows: ManyRow[] = [];
  for (const policy of policies) {
    const tokensPerSecond: number[] = [];
    for (const count of streams) tokensPerSecond.push(counted(await rate(options, policy, count, seconds)));
    rows.push({ policy, tokensPerSecond });
  }
  const alone = counted(await wait(options, 0, seconds));
  return { seconds, streams, rows, behind, alone, waiting: counted(await wait(options, behind, seconds)) };
}

const speculation = (policy: string) =>
  policy === "plain" ? { speculative: { draft_tokens: 0 } } : { speculative: { policy } };

/**
 * Tokens a second of answers that end within the time. It begins after a while, so that as many answers end in it that
 * began before as begin in it and end later.
 */
async function rate(options: ManyOptions, policy: string, streams: number, seconds: number): Promise<number> {
  let [tokens, at, counting] = [0, 0, false];
  const ask = () => {
    const content = options.questions[at++ % options.questions.length];
    const body = { messages: [{ role: "user", content }], temperature: 0, max_tokens: 300 };
    const usage = { stream_options: { include_usage: true } };
    return { body: { ...body, ...usage, ...speculation(policy) }, seen: () => {} };
  };
  const ended = (count: number) => {
    if (counting) tokens += count;
  };
  const clients = Array.from({ length: streams }, () => ({ ask, ended }));
  const begun = { at: 0 };
  await during(options, clients, seconds, () => {
    counting = true;
    begun.at = performance.now();
  });
  return (1000 * tokens) / (performance.now() - begun.at);
}

/** How long short requests wait for their first text beside so many long answers. */
async function wait(options: ManyOptions, longs: number, seconds: number): Promise<Spread> {
  const times: number[] = [];
  let at = 0;
  const long = () => {
    // At a high temperature, so that the answer is long.
    const content = options.questions[at % options.questions.length];
    const body = { messages: [{ role: "user", content }], temperature: 3, max_tokens: 400, seed: at++ };
    return { body, seen: () => {} };
  };
  const short = () => ({
    body: { messages: [{ role: "user", content: `How much is ${at++} + 3?` }], temperature: 0, max_tokens: 8 },
    seen: (since: number, first: boolean) => {
      if (first) times.push(since);
    },
  });
  const clients = [...Array.from({ length: longs }, () => ({ ask: long })), { ask: short, rest: 50 }];
  await during(options, clients, seconds, () => times.splice(0));
  return spread(times);
}

interface Client {
  ask(): { readonly body: object; readonly seen: (since: number, first: boolean) => void };
  readonly ended?: (tokens: number) => void;
  /** Milliseconds between an answer and the next request. */
  readonly rest?: number;
}

/** Lets the clients ask one request after another for so many seconds, and calls `begin` after warming up. */
async function during(
  { url, key }: ManyOptions,
  clients: readonly Client[],
  seconds: number,
  begin: () => void,
): Promise<void> {
  const over = new AbortController();
  const turns = clients.map(async ({ ask, ended, rest = 0 }) => {
    while (!over.signal.aborted) {
      const { body, seen } = ask();
      try {
        const status = await streamAnswer({ url, key }, body, over.signal, seen, ended);
        if (status !== 200) throw new Error(`The server answered ${status}; expected 200.`);
      } catch (error) {
        if (!over.signal.aborted) throw error;
      }
      if (rest > 0) await pause(rest);
    }
  });
  const failed = Promise.all(turns);
  try {
    await Promise.race([failed, pause(warmUp)]);
    begin();
    await Promise.race([failed, pause(1000 * seconds)]);
  } finally {
    over.abort();
  }
  await failed;
}

/** The report as Markdown. */
export function manyTable({ streams, rows, behind, alone, waiting }: ManyReport): string {
  const last = streams.at(-1) as number;
  const head = ["policy", ...streams.map((count) => `${count} at once`), `${last} to ${streams[0]}`];
  const body = rows.map(({ policy, tokensPerSecond }) => {
    const ratio = (tokensPerSecond.at(-1) as number) / (tokensPerSecond[0] as number);
    return [policy, ...tokensPerSecond.map((rate) => rate.toFixed(0)), `${ratio.toFixed(2)}×`];
  });
  const both = ({ p50, p99 }: Spread) => `${p50.toFixed(1)} / ${p99.toFixed(0)}`;
  const ratio = (waiting.p50 / alone.p50).toFixed(1);
  const waits = markdownTable(
    ["a short request's first text, ms", "alone", `behind ${behind} long answers`, "ratio of the medians"],
    [["median / 99th percentile", both(alone), both(waiting), `${ratio}×`]],
  );
  return `${markdownTable(head, body)}\n\n${waits}`;
}

import type { LanguageModel } from "@lenity/core";
import type { Hono } from "hono";
import type { ChatChunk, ChatCompletion, ChatLogprobs, ErrorBody, Metrics, TraceEntry, Usage } from "../src/index.ts";
import { isDescribed } from "./described.ts";

export { bytes, control, delayed, randomPair, sayingModel, served } from "./models.ts";

/** The parts of an answer that tests look at, in a stream or not. */
export interface Reply extends Partial<ErrorBody> {
  readonly id: string;
  readonly object: string;
  readonly created: number;
  readonly choices: {
    readonly index?: number;
    readonly finish_reason: string | null;
    readonly message?: ChatCompletion["choices"][number]["message"];
    readonly delta?: ChatChunk["choices"][number]["delta"];
    readonly logprobs?: ChatLogprobs | null;
    readonly metrics?: Metrics;
    readonly trace?: TraceEntry[];
  }[];
  readonly usage?: Usage;
  readonly metrics?: Metrics;
  readonly trace?: TraceEntry[];
}

export const question: readonly object[] = [{ role: "user", content: "How much is 2 + 3?" }];

/** Sends a chat request; `body` is merged into one that is valid, or sent as it is when it is text. */
export function post(app: Hono, body: object | string, { headers = {}, ...init }: Posting = {}): Promise<Response> {
  const text =
    typeof body === "string" ? body : JSON.stringify({ model: "double", messages: question, max_tokens: 40, ...body });
  const answer = Promise.resolve(
    app.request("/v1/chat/completions", {
      method: "POST",
      body: text,
      headers: { "content-type": "application/json", ...headers },
      ...init,
    }),
  );
  return answer.then(described);
}

/** The response, after its body has been compared with the description of the API, unless it is a stream. */
async function described(response: Response): Promise<Response> {
  if (!(response.headers.get("content-type") ?? "").startsWith("application/json")) return response;
  isDescribed(response.status === 200 ? "ChatCompletion" : "Error", await response.clone().json());
  return response;
}

export interface Posting extends Omit<RequestInit, "headers"> {
  /** Besides the content-type, or in its place. */
  readonly headers?: Readonly<Record<string, string>>;
}

export async function reply(app: Hono, body: object): Promise<Reply> {
  const response = await post(app, body);
  const json = (await response.json()) as Reply;
  if (response.status !== 200) throw new Error(`${response.status}: ${json.error?.message}`);
  return json;
}

export const textOf = ({ choices }: Reply): string => choices[0]?.message?.content ?? "";

/** The chunks of a stream, and whether it ended with `[DONE]`. */
export async function chunks(response: Response): Promise<{ readonly all: Reply[]; readonly done: boolean }> {
  const lines = (await response.text()).split("\n\n").filter((line) => line !== "");
  const data = lines.map((line) => line.replace(/^data: /, ""));
  const done = data.at(-1) === "[DONE]";
  const all = (done ? data.slice(0, -1) : data).map((line) => JSON.parse(line) as Reply);
  for (const chunk of all) isDescribed(chunk.error === undefined ? "ChatCompletionChunk" : "Error", chunk);
  return { all, done };
}

export const joined = (all: readonly Reply[], index = 0): string =>
  all
    .flatMap(({ choices }) => (choices ?? []).filter((choice) => (choice.index ?? 0) === index))
    .map(({ delta }) => delta?.content ?? "")
    .join("");

/** The target, and the prompt of the last session that was opened on it. */
export function watchedPrompt(target: LanguageModel): { readonly target: LanguageModel; prompt(): readonly number[] } {
  let last: readonly number[] = [];
  return {
    target: {
      ...target,
      open(options) {
        last = options?.prompt ?? last;
        return target.open(options);
      },
    },
    prompt: () => last,
  };
}

/** The natural logarithms of the target's own probabilities after these tokens. */
export async function logRow(target: LanguageModel, tokens: readonly number[]): Promise<number[]> {
  const session = await target.open();
  const { logits } = await session.append(tokens, { rows: 1 });
  await session.close();
  const sum = logits.reduce((total, logit) => total + Math.exp(logit), 0);
  return Array.from(logits, (logit) => logit - Math.log(sum));
}

/** Waits until the condition holds. Fails after two seconds. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 400; tries++) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error("It did not come to hold.");
}

/** The queue as /health shows it. */
export async function queueOf(app: Hono): Promise<{ readonly active: number; readonly waiting: number }> {
  const health = (await (await app.request("/health")).json()) as { queue: { active: number; waiting: number } };
  return health.queue;
}

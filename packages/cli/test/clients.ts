/** The built-in pair behind `lenity serve`, for tests with the clients that people use. */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { describedFetch, type Exchange } from "../../server/test/described-fetch.ts";
import { serve } from "./command.ts";

export const question =
  "Anna has 3 boxes with 4 apples in each. Then she gives 5 apples to Ben. How many apples are left?";

/** The policies of the requests, and what an answer says of them. */
export const policies: readonly (readonly [name: string, law: string])[] = [
  ["strict", "exact"],
  ["judi", "mixture"],
];

/** What tests read in an answer to a plain fetch. */
export interface Plain {
  readonly choices: {
    readonly text?: string;
    readonly message: {
      readonly content: string;
      readonly tool_calls?: { readonly function: { readonly name: string; readonly arguments: string } }[];
    };
  }[];
  readonly usage: { readonly prompt_tokens: number; readonly completion_tokens: number };
}

/** lenity's part of an answer, which the types of other clients do not have. */
export interface Measured {
  readonly metrics?: { readonly acceptance: { readonly law: string } };
}

export interface ServedPair {
  /** With /v1. */
  readonly baseURL: string;
  /** For the clients. */
  readonly fetch: typeof fetch;
  /** The answer of a chat to the question, by no client: to compare theirs with. Strict ones are decoded plainly. */
  plain(policy: string, body?: object): Promise<Plain>;
  /** The answer of any route. */
  post(path: string, body: object): Promise<Plain>;
  /** What was sent and answered last. */
  last(): Exchange;
  /** The last test of a file: all requests and answers, at least so many, were as `/openapi.json` says. */
  testDescribed(least: number): void;
}

/** Starts a server for the tests of a file. */
export async function servedPair(): Promise<ServedPair> {
  const { child, url, ended } = await serve();
  after(async () => {
    child.kill("SIGTERM");
    assert.equal(await ended, 0);
  });
  const api = await describedFetch(url);
  const post = async (path: string, body: object): Promise<Plain> => {
    const headers = { "content-type": "application/json" };
    const response = await api.fetch(`${url}${path}`, { method: "POST", headers, body: JSON.stringify(body) });
    const text = await response.text();
    assert.equal(response.status, 200, text);
    return JSON.parse(text);
  };
  return {
    baseURL: `${url}/v1`,
    fetch: api.fetch as typeof fetch,
    plain: (policy, body = {}) => {
      const speculative = policy === "strict" && !("seed" in body) ? { draft_tokens: 0 } : { policy };
      return post("/v1/chat/completions", { messages: [{ role: "user", content: question }], speculative, ...body });
    },
    post,
    last: () => api.exchanges.at(-1) ?? assert.fail("Nothing was sent."),
    testDescribed: (least) =>
      test("all that was sent and answered, chunk by chunk, is as /openapi.json says", () => {
        assert.deepEqual(api.differences, []);
        const answered = api.exchanges.filter(({ bodies }) => bodies.length > 0).length;
        assert.ok(answered >= least, `only ${answered} answers`);
      }),
  };
}

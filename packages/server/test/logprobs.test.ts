/** Log probabilities: those of the target at every token of the answer, whoever proposed it, and in step with the text. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { scoringModel } from "@lenity/core/testing";
import { type ChatLogprob, createServer } from "../src/index.ts";
import {
  bytes,
  chunks,
  joined,
  logRow,
  post,
  type Reply,
  randomPair,
  reply,
  sayingModel,
  served,
  textOf,
  watchedPrompt,
} from "./doubles.ts";

const { target, draft } = randomPair();
const watched = watchedPrompt(target);
const app = createServer({ models: [served(watched.target, draft)] });
const utf8 = new TextEncoder();
const contentOf = ({ choices }: Reply): readonly ChatLogprob[] => choices[0]?.logprobs?.content ?? [];

/** Fails unless the entries are of this text. */
function describes(content: readonly ChatLogprob[], text: string): void {
  assert.equal(content.map(({ token }) => token).join(""), text);
  assert.equal(new TextDecoder().decode(Uint8Array.from(content.flatMap(({ bytes }) => bytes))), text);
}

const policies = ["strict", "block", "judi", "bounded", { type: "unguarded", of: { type: "threshold", accept: 0.01 } }];
const settings: readonly object[] = [
  { temperature: 0 },
  { temperature: 0.7, top_k: 40, top_p: 0.95 },
  { frequency_penalty: 1, presence_penalty: 1, logit_bias: { "101": 5 } },
  { response_format: { type: "json_object" } },
];

describe("log probabilities", () => {
  for (const setting of settings) {
    test(`are the target's own, under every policy: ${JSON.stringify(setting)}`, async () => {
      // A ledger is only for sampled drafts.
      const greedy = "temperature" in setting && setting.temperature === 0;
      for (const policy of policies.filter((policy) => !greedy || policy !== "bounded")) {
        for (const drafter of policy === "judi" || policy === "bounded" ? ["model"] : ["model", "lookup"]) {
          const speculative = { policy, drafter, trace: true, draft_tokens: 4 };
          const body = { ...setting, seed: 3, max_tokens: 24, logprobs: true, top_logprobs: 3, speculative };
          const answer = await reply(app, body);
          const context = [...watched.prompt()];
          const content = contentOf(answer);
          describes(content, textOf(answer));
          let at = 0;
          for (const { id } of answer.trace ?? []) {
            const row = await logRow(target, context);
            context.push(id);
            if (bytes.special.has(id)) continue;
            const { logprob, top_logprobs } = content[at++] ?? assert.fail();
            assert.ok(Math.abs(logprob - (row[id] ?? 0)) < 1e-5, `${JSON.stringify(policy)} at ${at}: ${logprob}`);
            const best = [...row].sort((a, b) => b - a).slice(0, 3);
            for (const [place, { logprob }] of top_logprobs.entries())
              assert.ok(Math.abs(logprob - (best[place] ?? 0)) < 1e-5);
            assert.equal(top_logprobs.length, 3);
          }
          assert.equal(content.length, at);
        }
      }
    });
  }

  test("are the same where the rows stay on a device", async () => {
    const onDevice = createServer({ models: [served(scoringModel(target), draft)] });
    const body = { temperature: 0, logprobs: true, top_logprobs: 2, speculative: { policy: "strict" } };
    assert.deepEqual(contentOf(await reply(onDevice, body)), contentOf(await reply(app, body)));
  });

  test("leave the answer as it is", async () => {
    for (const temperature of [0, 1]) {
      const body = { temperature, seed: 4 };
      assert.equal(textOf(await reply(app, { ...body, logprobs: true })), textOf(await reply(app, body)));
    }
  });

  test("come several a chunk, and each chunk's tokens are its text, with stop strings over block borders", async () => {
    const saying = createServer({ models: [served(sayingModel("naïve 🎉 one two three four"))] });
    for (const draft_tokens of [0, 2, 3, 16]) {
      for (const stop of [["never"], ["e fo", "x"], ["🎉"], ["ï"]]) {
        const body = { temperature: 0, stop, logprobs: true, top_logprobs: 1, speculative: { draft_tokens } };
        const whole = await reply(saying, body);
        describes(contentOf(whole), textOf(whole));
        const { all } = await chunks(await post(saying, { ...body, stream: true }));
        assert.equal(joined(all), textOf(whole));
        const parts = all.flatMap(({ choices }) => choices).filter(({ logprobs }) => logprobs != null);
        for (const { delta, logprobs } of parts) describes(logprobs?.content ?? [], delta?.content ?? "");
        assert.deepEqual(
          parts.flatMap(({ logprobs }) => logprobs?.content),
          contentOf(whole),
        );
        if (draft_tokens === 16 && stop[0] === "never")
          assert.ok(parts.some(({ logprobs }) => (logprobs?.content.length ?? 0) > 3));
      }
    }
  });

  test("of a token that is part of a character have its bytes, also where the answer ends inside of it", async () => {
    const saying = createServer({ models: [served(sayingModel("é🎉"))] });
    const whole = contentOf(await reply(saying, { temperature: 0, logprobs: true, top_logprobs: 1 }));
    assert.deepEqual(
      whole.map(({ token, bytes }) => [token, bytes]),
      [...utf8.encode("é🎉")].map((byte, at) => [at === 1 ? "é" : at === 5 ? "🎉" : "", [byte]]),
    );
    assert.equal(whole[0]?.top_logprobs[0]?.token, "bytes:\\xc3");
    const cut = await reply(saying, { temperature: 0, logprobs: true, max_tokens: 4 });
    assert.equal(
      contentOf(cut)
        .map(({ token }) => token)
        .join(""),
      textOf(cut),
    );
    assert.equal(contentOf(cut).length, 4);
  });

  test("are for each choice, and absent where nobody asks", async () => {
    const answer = await reply(app, { n: 2, seed: 1, logprobs: true });
    for (const { logprobs, message } of answer.choices) describes(logprobs?.content ?? [], message?.content ?? "");
    assert.equal((await reply(app, { logprobs: false, top_logprobs: 0 })).choices[0]?.logprobs, null);
  });

  test("are refused where they are malformed", async () => {
    for (const [body, param] of [
      [{ logprobs: 3 }, "logprobs"],
      [{ logprobs: true, top_logprobs: "two" }, "top_logprobs"],
      [{ logprobs: true, top_logprobs: 21 }, "top_logprobs"],
      [{ top_logprobs: 2 }, "top_logprobs"],
    ] as const) {
      const response = await post(app, body);
      assert.equal(response.status, 400);
      assert.equal(((await response.json()) as Reply).error?.param, param);
    }
  });
});

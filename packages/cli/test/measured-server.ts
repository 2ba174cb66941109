/**
 * A program that delays.test.ts runs: `lenity serve` of the built-in pair, and a model of its tokenizer with a long
 * context, in a process that watches its own event loop. `GET /longest-pause` tells the longest time, in milliseconds,
 * in which it did nothing else since it was last asked.
 */
import type { LanguageModel } from "@lenity/core";
import { createServer } from "@lenity/server";
import { listen } from "#listen";
import { loadModels } from "../src/load-models.ts";

const models = await loadModels({}, "messages");

/** Ends each answer at once: what it costs is its prompt. */
const long: LanguageModel = {
  name: "long",
  vocabulary: models.target.vocabulary,
  contextLength: 400_000,
  eos: models.target.eos,
  hidden: {},
  async open() {
    let length = 0;
    return {
      get length() {
        return length;
      },
      async append(tokens, { rows = tokens.length } = {}) {
        length += tokens.length;
        const logits = new Float32Array(rows * long.vocabulary);
        for (let row = 0; row < rows; row++) logits[row * long.vocabulary + (long.eos[0] as number)] = 30;
        return { rows, logits };
      },
      rewind(to) {
        length = to;
      },
      close() {},
    };
  },
  async close() {},
};

const served = [models, { ...models, id: "long", target: long, draft: undefined, drafters: {} }];
// Several at a time, so that what is measured does not wait for the stream beside it.
const app = createServer({ models: served, concurrency: 4 });

let [last, longest] = [performance.now(), 0];
setInterval(() => {
  const now = performance.now();
  longest = Math.max(longest, now - last);
  last = now;
}, 1);

const server = await listen(
  (request) => {
    if (!request.url.endsWith("/longest-pause")) return app.fetch(request);
    const pause = longest;
    longest = 0;
    return Response.json(pause);
  },
  { host: "127.0.0.1", port: 0 },
);
console.log(`on ${server.url}`);

/**
 * The chat server on Bun, Deno or Node; PORT chooses the port. Run, in the repository's root, one of
 *
 *     bun examples/chat.ts
 *     deno run --conditions=source --allow-read=. --allow-ffi=. --allow-net=127.0.0.1 --allow-env=PORT examples/chat.ts
 *     node --conditions=source examples/chat.ts
 *
 * In a project that has installed the packages, leave out `--conditions=source`: it runs a checkout from its sources.
 */
import { readFileSync } from "node:fs";
import { serve } from "@hono/node-server";
import { defaultRegistry, judgeHead, lookupDrafter } from "@lenity/core";
import { loadPair } from "@lenity/onnx";
import { createServer } from "@lenity/server";
import * as tiny from "@lenity/tiny";

const { target, tokenizer, chatTemplate, drafter } = await loadPair(tiny.target, tiny.draft);

const app = createServer({
  models: [
    {
      id: "tiny",
      target,
      tokenizer,
      chatTemplate,
      drafters: { model: drafter, lookup: () => lookupDrafter() },
      registry: defaultRegistry({ judge: judgeHead(JSON.parse(readFileSync(tiny.judge, "utf8"))) }),
      sampling: { temperature: 0 },
    },
  ],
  // It has no key: web pages must not reach it by a name of their own.
  allowedHosts: [],
});
serve({ fetch: app.fetch, hostname: "127.0.0.1", port: Number(process.env["PORT"] ?? 8080) }, ({ port }) => {
  console.log(`http://127.0.0.1:${port}/v1`);
});

/**
 * The chat server on Bun, Deno or Node. PORT sets the port. Run one of these in the repository's root:
 *
 *     bun examples/chat.ts
 *     deno run --conditions=source --allow-read=. --allow-ffi=. --allow-net=127.0.0.1 --allow-env=PORT examples/chat.ts
 *     node --conditions=source examples/chat.ts
 *
 * `--conditions=source` runs a checkout from its sources. Leave it out in a project that has installed the packages.
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
  // There is no key, so web pages must not reach the server through a name they control.
  allowedHosts: [],
});
serve({ fetch: app.fetch, hostname: "127.0.0.1", port: Number(process.env["PORT"] ?? 8080) }, ({ port }) => {
  console.log(`http://127.0.0.1:${port}/v1`);
});

/** examples/edge with the built-in pair as its target, which another process serves. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { serve } from "../../packages/cli/test/command.ts";
import type { Reply } from "../../packages/server/test/doubles.ts";
import * as tiny from "../../packages/tiny/src/index.ts";
import { startWorker } from "./start.ts";

/** Serves the small files of a folder. */
async function serveFolder(folder: string) {
  const small = ["config.json", "tokenizer.json", "tokenizer_config.json", "chat_template.jinja"];
  const server = createServer(async ({ url = "" }, response) => {
    const name = url.slice(1);
    const file = small.includes(name) ? await readFile(join(folder, name)).catch(() => undefined) : undefined;
    response.writeHead(file === undefined ? 404 : 200).end(file);
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}

const questions = [
  "Anna has 3 boxes with 4 apples in each. Then she gives 5 apples to Ben. How many apples are left?",
  "Sort the numbers 4, 9, 1 from smallest to largest.",
];

test("a worker whose target is the built-in pair in another process answers as that does, in fewer calls than tokens", async () => {
  const far = await serve();
  const folder = await serveFolder(fileURLToPath(tiny.target));
  const worker = await startWorker({
    entry: fileURLToPath(new URL("../../examples/edge/src/cloudflare.ts", import.meta.url)),
    compatibilityDate: "2026-07-01",
    compatibilityFlags: ["enable_request_signal"],
    bindings: { MODEL_URL: far.url, MODEL_FOLDER: folder.url },
  });
  const ask = async (url: string | URL, question: string, draft_tokens: number): Promise<Reply> => {
    const body = { messages: [{ role: "user", content: question }], temperature: 0, speculative: { draft_tokens } };
    const headers = { "content-type": "application/json" };
    const response = await fetch(new URL("/v1/chat/completions", url), {
      method: "POST",
      headers,
      body: JSON.stringify(body),
    });
    return (await response.json()) as Reply;
  };
  try {
    for (const question of questions) {
      const plain = await ask(far.url, question, 0);
      const drafted = await ask(worker.url, question, 8);
      assert.match(plain.choices[0]?.message?.content ?? "", /#### /);
      assert.deepEqual(drafted.choices[0]?.message, plain.choices[0]?.message);
      const { num_accepted_draft_tokens: accepted = 0, num_spec_steps: rounds = 0 } =
        drafted.metrics?.speculative_decoding ?? {};
      assert.ok(accepted > 0 && rounds < (drafted.usage?.completion_tokens ?? 0), `${accepted} in ${rounds} rounds`);
    }
  } finally {
    await worker.stop();
    folder.server.close();
    far.child.kill();
  }
});

/** What one key of `lenity serve` can learn of another's prompts. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { serve } from "./command.ts";

/** How much of a guess is cached, once another key has sent the secret. */
async function cachedOf(guesses: readonly string[], ...flags: readonly string[]): Promise<readonly number[]> {
  const { child, url, ended } = await serve("--api-key", "key-a", "key-b", ...flags);
  const ask = async (key: string, content: string) => {
    const response = await fetch(`${url}/v1/chat/completions`, {
      method: "POST",
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      body: JSON.stringify({ messages: [{ role: "user", content }], max_tokens: 2, temperature: 0 }),
    });
    assert.equal(response.status, 200);
    const { usage } = (await response.json()) as { usage: { prompt_tokens_details: { cached_tokens: number } } };
    return usage.prompt_tokens_details.cached_tokens;
  };
  const text = (code: string) =>
    `Please remember this for the time when I come back from my holidays: the door code of Paul is ${code}`;
  try {
    await ask("key-a", text("4711"));
    const found: number[] = [];
    for (const guess of guesses) {
      found.push(await ask("key-b", text(guess)));
      await ask("key-a", text("4711"));
    }
    assert.ok((await ask("key-a", text("4711"))) > 20, "a key goes on from its own prompts");
    return found;
  } finally {
    child.kill("SIGTERM");
    await ended;
  }
}

test("a key does not find another key's prompt by how much of a guess is cached, unless caches are shared", async () => {
  const apart = await cachedOf(["4711"]);
  assert.deepEqual(apart, [0]);
  const [wrong = 0, right = 0] = await cachedOf(["1234", "4711"], "--share-cache");
  assert.ok(wrong > 20 && right > wrong, `${wrong} and ${right} tokens were cached`);
});

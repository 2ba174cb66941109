/** Whose a request is, and what of that reaches the models. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type LanguageModel, modelDrafter, type OpenOptions } from "@lenity/core";
import { createServer } from "../src/index.ts";
import { post, sayingModel, served } from "./doubles.ts";

/** The model, and for whom its sessions were opened. */
function watched(): { readonly model: LanguageModel; readonly scopes: (string | undefined)[] } {
  const inner = sayingModel("It is 5.");
  const scopes: (string | undefined)[] = [];
  const open = (options?: OpenOptions) => {
    scopes.push(options?.scope);
    return inner.open();
  };
  return { model: { ...inner, open }, scopes };
}

async function scopesOf(
  keys: readonly (string | undefined)[],
  options: object,
): Promise<readonly (readonly (string | undefined)[])[]> {
  const [target, draft] = [watched(), watched()];
  const models = [served(target.model, target.model, { drafters: { model: () => modelDrafter(draft.model) } })];
  const app = createServer({ models, ...options });
  for (const [at, key] of keys.entries()) {
    const headers: Record<string, string> = key === undefined ? {} : { authorization: `Bearer ${key}` };
    const response = await post(app, { stream: at % 2 === 0 }, { headers });
    assert.equal(response.status, 200);
    await response.text();
  }
  return [target.scopes, draft.scopes];
}

test("prompts of different keys are of different scopes, for target and draft, and the scope tells nothing of the key", async () => {
  const keys = ["secret-a", "secret-b", "secret-a", "secret-b"];
  for (const scopes of await scopesOf(keys, { apiKeys: ["secret-a", "secret-b"] })) {
    assert.equal(scopes.length, 4);
    assert.notEqual(scopes[0], scopes[1]);
    assert.deepEqual([scopes[2], scopes[3]], [scopes[0], scopes[1]]);
    for (const scope of scopes) assert.doesNotMatch(scope ?? "none at all, secret", /secret/);
  }
});

test("they are of one scope where the operator shares caches, and where there are no keys", async () => {
  const apiKeys = ["secret-a", "secret-b"];
  for (const scopes of await scopesOf(apiKeys, { apiKeys, shareCache: true }))
    assert.deepEqual(scopes, [undefined, undefined]);
  for (const scopes of await scopesOf([undefined, "any"], {})) assert.deepEqual(scopes, [undefined, undefined]);
});

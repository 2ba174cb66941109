import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { serveSettings } from "../src/serve-settings.ts";

const folder = await mkdtemp(join(tmpdir(), "lenity-settings-"));
after(() => rm(folder, { recursive: true }));
const written = async (name: string, value: unknown): Promise<string> => {
  const path = join(folder, name);
  await writeFile(path, typeof value === "string" ? value : JSON.stringify(value));
  return path;
};

describe("the settings of a server", () => {
  test("come from the flags, then the environment, then the file, then the defaults", async () => {
    const config = await written("config.json", { port: 1, queue: 2, max_tokens: 3, api_keys: ["a"] });
    const found = await serveSettings({ config, port: 7 }, { LENITY_PORT: "5", LENITY_QUEUE: "6", PATH: "/bin" });
    assert.deepEqual([found.port, found.queue, found.max_tokens, found.engines, found.api_keys], [7, 6, 3, 1, ["a"]]);
    assert.equal((await serveSettings({}, { LENITY_CONFIG: config })).port, 1);
  });

  test("are of all kinds in the environment", async () => {
    const found = await serveSettings(
      {},
      {
        LENITY_API_KEYS: "one, two",
        LENITY_ACCESS_LOG: "1",
        LENITY_SHARE_CACHE: "false",
        LENITY_POLICY: '{"type":"sd"}',
        LENITY_POLICIES: "strict judi",
        LENITY_HOST: "",
      },
    );
    assert.deepEqual(
      [found.api_keys, found.access_log, found.share_cache, found.policy, found.policies, found.host],
      [["one", "two"], true, false, { type: "sd" }, ["strict", "judi"], "127.0.0.1"],
    );
  });

  test("have flags in the singular for what is repeated, and keys of a file beside other keys", async () => {
    const keys = await written("keys.json", ["b", { key: "c", name: "team", policies: ["strict"] }]);
    const found = await serveSettings(
      { apiKey: ["a"], keys, corsOrigin: ["*"], allowedHost: ["h"], plugin: ["p"] },
      {},
    );
    assert.deepEqual(found.api_keys, ["a", "b", { key: "c", name: "team", policies: ["strict"] }]);
    assert.deepEqual([found.cors_origins, found.allowed_hosts, found.plugins], [["*"], ["h"], ["p"]]);
  });

  test("are refused by name and source", async () => {
    const misspelt = await written("misspelt.json", { max_token: 3 });
    const wrong = await written("wrong.json", { port: "80" });
    for (const [flags, environment, message] of [
      [{ config: misspelt }, {}, /"max_token" of .*misspelt\.json is unknown\..*max_tokens/],
      [{ config: wrong }, {}, /"port" of .*wrong\.json is "80"; expected/],
      [{}, { LENITY_PORT: "many" }, /LENITY_PORT of the environment is "many"; expected a number/],
      [{}, { LENITY_ACCESS_LOG: "yes" }, /LENITY_ACCESS_LOG of the environment is "yes"; expected/],
      [{ config: join(folder, "none.json") }, {}, /Cannot read .*none\.json/],
      [{ config: await written("list.json", []) }, {}, /list\.json holds .*; expected a JSON object/],
    ] as const)
      await assert.rejects(serveSettings(flags, environment), { code: "invalid_request", message });
  });

  test("are refused without the text of a key", async () => {
    for (const keys of [
      await written("number.json", [{ key: "hidden", name: 3 }]),
      await written("broken.json", '["hidden'),
      await written("object.json", { hidden: "hidden" }),
    ])
      await assert.rejects(serveSettings({ keys }, {}), ({ message }: Error) => {
        assert.ok(!message.includes("hidden"), message);
        return true;
      });
  });
});

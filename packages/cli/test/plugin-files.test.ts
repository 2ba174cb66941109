import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { run } from "./command.ts";

const folder = await mkdtemp(join(tmpdir(), "lenity-plugins-"));
after(() => rm(folder, { recursive: true }));
// As where a user has installed the packages.
await mkdir(join(folder, "node_modules/@lenity"), { recursive: true });
const packages = (name: string) => fileURLToPath(new URL(`../../${name}`, import.meta.url));
await symlink(packages("core"), join(folder, "node_modules/@lenity/core"), "junction");
await symlink(packages("core/node_modules/valibot"), join(folder, "node_modules/valibot"), "junction");

const written = async (name: string, text: string): Promise<string> => {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
};

const rule = (name: string) => `import { verifierPlugin } from "@lenity/core";
import * as v from "valibot";
export default verifierPlugin({
  name: ${JSON.stringify(name)},
  summary: "Accepts every drafted token.",
  schema: v.strictObject({}),
  create: () => ({ name: "everything", law: "none", verify: ({ draft }) => ({ accept: draft.map(() => true) }) }),
});`;

describe("a plugin of the user's own", () => {
  test("is a policy of an answer, and listed", async () => {
    const plugin = await written("everything.ts", rule("everything"));
    const asked = await run([
      ...["chat", "How much is 2 + 3?", "--plugin", plugin, "--policy", '{"type":"everything"}', "--json"],
    ]);
    assert.equal(asked.status, 0, asked.err);
    const { metrics } = JSON.parse(asked.out) as { metrics: { acceptance: { law: string; accepted_by: object } } };
    assert.equal(metrics.acceptance.law, "none");
    assert.deepEqual(Object.keys(metrics.acceptance.accepted_by), ["everything"]);
    assert.match((await run(["policies", "--plugin", plugin])).out, /everything +Accepts every drafted token\./);
  });

  test("is refused if its name is taken, if it cannot be imported, and if it is none", async () => {
    for (const [text, message] of [
      [rule("sd"), /--plugin: Two verifiers are named "sd"/],
      ["export default 5;", /is no verifier plugin; expected verifierPlugin/],
      ["export default {", /Cannot import the plugin/],
    ] as const) {
      const { status, err } = await run(["policies", "--plugin", await written(`${message.source.length}.mjs`, text)]);
      assert.equal(status, 1);
      assert.match(err, message);
    }
  });
});

/** What bin/lenity.mjs starts: tried on a package of the same form, whose parts say what they are. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, describe, test } from "node:test";
import { denoExecutable, nodeExecutable } from "../../../test/runtimes.ts";
import { skipFor } from "../../../test/skips.ts";

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "lenity-bin-"));
  const manifest = {
    name: "@lenity/core",
    type: "module",
    exports: { source: "./core.ts", bun: "./core.ts", default: "./core.js" },
  };
  const shared = {
    "node_modules/@lenity/core/package.json": JSON.stringify(manifest),
    "package.json": '{ "type": "module" }',
  };
  const parts = { "dist/main.js": 'console.log("built");', "src/main.ts": 'console.log("source" as string);' };
  const bootstrap = { "bin/bootstrap.mjs": 'console.log("bootstrap", ...process.argv.slice(2));' };
  const core = { "node_modules/@lenity/core/core.ts": "", "node_modules/@lenity/core/core.js": "" };
  const forms = {
    installed: { ...shared, ...core, ...parts },
    checkout: { ...shared, ...core, ...parts, ...bootstrap },
    fresh: { "package.json": shared["package.json"], "src/main.ts": parts["src/main.ts"], ...bootstrap },
  };
  for (const [form, files] of Object.entries(forms)) {
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(folder, form, path)), { recursive: true });
      await writeFile(join(folder, form, path), text);
    }
    await cp(join(import.meta.dirname, "../bin/lenity.mjs"), join(folder, form, "bin/lenity.mjs"));
  }
});
after(() => rm(folder, { recursive: true }));

const node = nodeExecutable(24);
/** Commands that start a runtime, or why there is none. */
const runtimes: Readonly<Record<string, readonly [string, ...string[]] | string>> = {
  Node: "path" in node ? [node.path] : node.reason,
  Deno: [denoExecutable(), "run", "-A"],
  Bun: process.versions["bun"] === undefined ? "only tests that run on Bun know its path" : [process.execPath],
};

for (const [name, command] of Object.entries(runtimes)) {
  const skip = skipFor(`lenity.mjs on ${name}`, typeof command === "string" && command);
  describe(`lenity.mjs on ${name}`, { skip }, () => {
    const started = (form: string, env: NodeJS.ProcessEnv = {}): string => {
      const [program, ...args] = command as [string, ...string[]];
      const clean = { ...process.env, NODE_OPTIONS: undefined, DENO_CONDITIONS: undefined, ...env };
      const { stdout, stderr } = spawnSync(program, [...args, join(folder, form, "bin/lenity.mjs"), "chat", "a b"], {
        env: clean,
        encoding: "utf8",
      });
      assert.equal(stderr, "");
      return stdout.trim();
    };

    test("starts what was built where it is installed", () => assert.equal(started("installed"), "built"));
    test("starts the sources in a checkout, whatever was built there", () => {
      assert.equal(started("checkout", name === "Deno" ? { DENO_CONDITIONS: "source" } : {}), "source");
    });
    test("leaves a checkout whose packages are not installed to the bootstrap", () => {
      assert.equal(started("fresh"), "bootstrap lenity chat a b");
    });
  });
}

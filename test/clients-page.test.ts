/** docs/clients.md: its programs run against a server as written, but for the port, and have no type errors. */
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { serve } from "../packages/cli/test/command.ts";
import { codeBlocks, commandsIn } from "./code-blocks.ts";
import { readJson, readText, root } from "./published-packages.ts";
import { shell } from "./shell.ts";

const page = readText("docs/clients.md");
const blocks = codeBlocks(page);
const programs = blocks.filter(({ language }) => language === "ts");
const { url, child, ended } = await serve();
/** Where the packages of the page are found. */
const folder = await mkdtemp(join(root, "examples/clients-"));
after(async () => {
  await rm(folder, { recursive: true });
  child.kill("SIGTERM");
  await ended;
});

describe("docs/clients.md", () => {
  assert.equal(programs.length, 4);
  for (const [at, { code }] of programs.entries()) {
    test(`program ${at + 1} runs and prints what its comments say`, async () => {
      assert.ok(code.includes("http://127.0.0.1:8080/v1"));
      const out = await shell(`"${process.execPath}" run -`, code.replace("http://127.0.0.1:8080", url), folder);
      const expected = [...code.matchAll(/\/\/ prints (.*)$/gm)];
      assert.ok(expected.length >= 1);
      for (const [, text = ""] of expected) assert.ok(out.includes(text), out);
    });
  }

  test("its programs have no type errors", async () => {
    for (const [at, { code }] of programs.entries()) await writeFile(join(folder, `${at + 1}.ts`), code);
    const compilerOptions = {
      ...{ module: "nodenext", target: "es2024", lib: ["esnext", "dom"], types: ["bun-types"] },
      ...{ strict: true, noEmit: true, skipLibCheck: true },
    };
    await writeFile(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["*.ts"] }));
    await shell(`"${join(root, "node_modules/.bin/tsc")}" -p .`, "", folder);
  });

  test("it installs what its programs import", () => {
    const { dependencies } = readJson<{ dependencies: Record<string, string> }>("examples/package.json");
    const installed = commandsIn(blocks).flatMap((command) => command.split(" ").slice(2));
    for (const name of installed) assert.ok(Object.hasOwn(dependencies, name), name);
    const imported = programs.flatMap(({ code }) =>
      Array.from(code.matchAll(/ from "((?:@[\w-]+\/)?[\w-]+)/g), ([, name = ""]) => name),
    );
    assert.deepEqual(new Set(installed.filter((name) => name !== "@langchain/core")), new Set(imported));
  });
});

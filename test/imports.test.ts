/**
 * Core, chat, grammar, remote, the server and @lenity/onnx/web run on every JavaScript runtime: they do not import a
 * runtime's modules or use its globals.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { build } from "esbuild";

const packages = join(import.meta.dirname, "../packages");
/** Globals that browsers and workers lack. The bundler renames those that a file does not declare itself. */
const globals = [
  "Buffer",
  "process",
  "global",
  "require",
  "module",
  "__dirname",
  "__filename",
  "setImmediate",
  "Bun",
  "Deno",
];
const mark = "global_of_a_runtime_";

/** The external modules that a file imports, directly or not, and its package's code with the globals renamed. */
async function graphOf(entry: string): Promise<{ readonly imports: readonly string[]; readonly code: string }> {
  const { metafile, outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    packages: "external",
    platform: "neutral",
    format: "esm",
    metafile: true,
    write: false,
    treeShaking: false,
    define: Object.fromEntries(globals.map((name) => [name, mark + name])),
  });
  const imports = Object.values(metafile.inputs).flatMap((input) =>
    input.imports.filter(({ external }) => external).map(({ path }) => path),
  );
  return { imports: [...new Set(imports)].sort(), code: outputFiles[0]?.text ?? "" };
}

const portable = {
  core: ["src/index.ts", "src/testing/index.ts"],
  chat: ["src/index.ts", "src/internal.ts"],
  grammar: ["src/index.ts"],
  server: ["src/index.ts"],
  remote: ["src/index.ts"],
  onnx: ["src/web/index.ts"],
};
for (const [name, entries] of Object.entries(portable)) {
  describe(`@lenity/${name}`, () => {
    const { dependencies } = JSON.parse(readFileSync(join(packages, name, "package.json"), "utf8"));
    for (const entry of entries) {
      test(`${entry} uses only declared dependencies and no globals of a runtime`, async () => {
        const { imports, code } = await graphOf(join(packages, name, entry));
        const packageOf = (path: string) =>
          path
            .split("/")
            .slice(0, path.startsWith("@") ? 2 : 1)
            .join("/");
        assert.deepEqual(
          imports.filter((path) => !Object.hasOwn(dependencies, packageOf(path)) || path === "onnxruntime-node"),
          [],
        );
        assert.deepEqual(code.match(new RegExp(`${mark}\\w+`, "g")) ?? [], []);
      });
    }
  });
}

test("a file that breaks these rules is detected", async () => {
  const { imports, code } = await graphOf(join(import.meta.dirname, "run.ts"));
  assert.ok(imports.includes("node:fs"));
  assert.ok(code.includes(`${mark}process`));
});

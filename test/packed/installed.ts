/** What must work in a project that has installed the packages. */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { cp, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { build } from "esbuild";
import { type CodeBlock, codeBlocks } from "../code-blocks.ts";
import { documents } from "../documents.ts";
import { publishedPackages, readText, root } from "../published-packages.ts";
import { denoExecutable, nodeExecutable } from "../runtimes.ts";
import { skipFor } from "../skips.ts";
import { startWorker, workerdMissing } from "../workerd/start.ts";
import { answerOf } from "./answer-of.ts";
import { testOnNodeAlone, testOtherRuntimes } from "./command.ts";
import { installedBy } from "./project.ts";
import { outside, run } from "./run.ts";

const [newest, oldest] = [nodeExecutable(24), nodeExecutable(22)];
const found = (runtime: typeof newest) => ("path" in runtime ? runtime.path : "");
const [noNewest, noOldest] = [newest, oldest].map((runtime) =>
  skipFor("the packages as installed", "reason" in runtime && runtime.reason),
);
const noWorkerd = skipFor("the packages as installed", workerdMissing());

/** The TypeScript blocks in a document, as programs with numbered names. */
const programsOf = (name: string, markdown: string) =>
  codeBlocks(markdown)
    .filter(({ language }) => language === "ts")
    .map(({ code }, at) => ({ file: `${name}-${at + 1}.ts`, code }));

const readmes = publishedPackages().map(({ folder, manifest }) => ({
  name: manifest.name,
  text: readText(folder, "README.md"),
}));
const [first = assert.fail("The README has no code.")] = programsOf("first", readText("README.md"));
/** Without the page for clients, which uses none of the packages. */
const pages = documents().filter(({ file }) => file !== "README.md" && file !== "docs/clients.md");
const programs = [
  first,
  ...readmes.flatMap(({ name, text }) => programsOf(name.replace(/^@lenity\//, ""), text)),
  ...pages.flatMap(({ file, text }) => programsOf(file.replace(/\.md$/, "").replaceAll("/", "-"), text)),
];

/** Whether the code is for a page. It is bundled but not run, because it fetches models from the page's server. */
const forPages = ({ code }: Pick<CodeBlock, "code">) => code.includes('"@lenity/onnx/web"');

export function testInstalled(project: () => string): void {
  const inProject = (...command: [string, ...string[]]) => run(command, { cwd: project(), env: outside });

  test("every package that a README installs is there", () => {
    for (const { text } of readmes)
      for (const name of installedBy(text)) assert.ok(existsSync(join(project(), "node_modules", name)), name);
  });

  describe("the README's first example solves the problem", () => {
    const runtimes = { "Node 22": noOldest, "Node 24": noNewest, Bun: false, Deno: false };
    const commands: Record<string, [string, ...string[]]> = {
      "Node 22": [found(oldest)],
      "Node 24": [found(newest)],
      Bun: [process.execPath],
      Deno: [denoExecutable(), "run", "-A"],
    };
    for (const [name, skip] of Object.entries(runtimes)) {
      test(`on ${name}`, { skip }, async () => {
        // As JavaScript, because not every Node 22 strips types.
        await writeFile(join(project(), "first.mjs"), first.code);
        assert.match(
          await inProject(...(commands[name] as [string]), "first.mjs"),
          /#### 19\n\d+ tokens in \d+ target passes/,
        );
      });
    }
  });

  for (const [module, moduleResolution] of [
    ["nodenext", "nodenext"],
    ["esnext", "bundler"],
  ] as const) {
    test(`the documents' code and the declarations have no type errors with moduleResolution ${moduleResolution}`, async () => {
      for (const { file, code } of programs) await writeFile(join(project(), file), code);
      const options = {
        module,
        moduleResolution,
        target: "es2024",
        lib: ["esnext", "dom"],
        types: ["node"],
        strict: true,
        noEmit: true,
      };
      const config = { compilerOptions: options, files: programs.map(({ file }) => file) };
      await writeFile(join(project(), `tsconfig.${moduleResolution}.json`), JSON.stringify(config));
      await inProject(join(root, "node_modules/.bin/tsc"), "-p", `tsconfig.${moduleResolution}.json`);
    });
  }

  for (const program of programs.slice(1)) {
    const { file, code } = program;
    if (forPages(program)) continue;
    test(`${file} of the documents runs and prints what its comments say`, { skip: noNewest }, async () => {
      await writeFile(join(project(), file), code);
      const out = await inProject(found(newest), file);
      for (const [, expected] of code.matchAll(/\/\/ prints (.*)$/gm)) assert.ok(out.includes(expected as string), out);
    });
  }

  test("core and the code for pages can be bundled from the build for a browser, and core runs", async () => {
    const [core = assert.fail()] = programsOf("core", readmes.find(({ name }) => name === "@lenity/core")?.text ?? "");
    const bundled = [core, ...programs.filter(forPages)];
    assert.equal(bundled.length, 2);
    for (const { file, code } of bundled) {
      await writeFile(join(project(), file), code);
      const options = {
        absWorkingDir: project(),
        bundle: true,
        format: "esm",
        platform: "browser",
        metafile: true,
      } as const;
      const { metafile } = await build({ ...options, entryPoints: [file], outfile: `${file}.mjs` });
      const inputs = Object.keys(metafile.inputs).filter((path) => path !== file);
      assert.ok(inputs.some((path) => path.startsWith("node_modules/@lenity/core/dist/")));
      for (const path of inputs) assert.match(path, /^node_modules\/(?!@lenity\/\w+\/src\/)/);
    }
    assert.match(await inProject(process.execPath, `${core.file}.mjs`), /40 tokens in \d+ target passes/);
  });

  test("core and server answer in workerd", { skip: noWorkerd }, async () => {
    const edge = join(project(), "edge");
    await cp(join(root, "examples/edge"), edge, { recursive: true });
    const { main, compatibility_date, compatibility_flags } = JSON.parse(
      readFileSync(join(edge, "wrangler.jsonc"), "utf8"),
    );
    const start = {
      entry: join(edge, main),
      compatibilityDate: compatibility_date,
      compatibilityFlags: compatibility_flags,
    };
    const worker = await startWorker({ ...start, installed: true });
    try {
      assert.equal(
        await answerOf(worker.url, { messages: [{ role: "user", content: "Hello" }] }),
        "Drafted at the edge, verified by the target.",
      );
    } finally {
      await worker.stop();
    }
  });

  testOnNodeAlone(project);
  testOtherRuntimes(project);
}

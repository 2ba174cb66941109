/** What each published package must have besides its code. Shows what is missing when a package is added. */
import assert from "node:assert/strict";
import { existsSync, globSync, statSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { describe, test } from "node:test";
import { codeBlocks } from "./code-blocks.ts";
import { type Manifest, publishedPackages, readJson, readText, root } from "./published-packages.ts";

const repository = "https://github.com/lenity/lenity";
const packages = publishedPackages();
const folderOf = new Map(packages.map(({ folder, manifest }) => [manifest.name, folder]));
const [{ manifest: first } = assert.fail("No package is published.")] = packages;

interface Project {
  readonly references: readonly { readonly path: string }[];
}

/** The folders that a tsconfig.build.json references. */
const references = (...folder: readonly string[]): string[] =>
  readJson<Project>(...folder, "tsconfig.build.json")
    .references.map(({ path }) => relative(root, dirname(join(root, ...folder, path))).replaceAll("\\", "/"))
    .sort();

/** Why a package is not on JSR. */
const notOnJsr: Readonly<Record<string, string>> = {
  "@lenity/tiny": "JSR's limit for the files of a package is 20 MB (jsr.io/docs/quotas-and-limits); see below",
  "@lenity/bench": "only the command uses it",
  lenity: "npm and Bun cannot install a command from JSR (jsr-io/jsr#157), and Deno runs npm:lenity",
};

for (const { folder, manifest } of packages) {
  const { name, version, exports = {}, dependencies = {}, devDependencies = {} } = manifest;
  describe(name, () => {
    test("has the metadata that registries show, and its runtimes", () => {
      const { description, keywords, homepage, bugs, repository: source, license, type, engines } = manifest;
      assert.ok(typeof description === "string" && description.endsWith("."));
      assert.ok(Array.isArray(keywords) && keywords.includes("speculative-decoding"));
      assert.equal(homepage, `${repository}/tree/main/${folder}#readme`);
      assert.equal(bugs, `${repository}/issues`);
      assert.deepEqual(source, { type: "git", url: `git+${repository}.git`, directory: folder });
      assert.deepEqual([license, type], ["Apache-2.0", "module"]);
      assert.deepEqual(engines, { node: ">=22", bun: ">=1.2", deno: ">=2.4" });
      assert.equal(version, first.version);
    });

    test("has the repository's licence, and a README with working links and code in languages that tests run", () => {
      assert.equal(readText(folder, "LICENSE"), readText("LICENSE"));
      const readme = readText(folder, "README.md");
      for (const [, target] of readme.matchAll(/\]\(([^)#]+)[^)]*\)/g)) {
        if (target?.startsWith("http") === false) assert.ok(existsSync(join(root, folder, target)), target);
      }
      assert.ok(readme.includes("npm install "));
      for (const { language } of codeBlocks(readme)) assert.ok(["ts", "sh"].includes(language), language);
      assert.equal(readme.match(/^```/gm)?.length, 2 * codeBlocks(readme).length);
    });

    test("resolves to its sources in the workspace and on Bun, and to the build elsewhere", () => {
      for (const [entry, target] of Object.entries(exports)) {
        const source = typeof target === "string" ? target : (target["source"] ?? "");
        assert.ok(existsSync(join(root, folder, source)), `${entry} is ${source}`);
        if (typeof target === "string") continue;
        const built = source.replace("./src/", "./").replace("./", "./dist/").replace(/\.ts$/, "");
        // The order matters: the first condition that matches is used.
        assert.deepEqual(Object.entries(target), [
          ["source", source],
          ["bun", source],
          ["types", `${built}.d.ts`],
          ["default", `${built}.js`],
        ]);
      }
    });

    test("depends on exact versions and, in this workspace, only on published packages, which are built first", () => {
      for (const [other, range] of Object.entries(dependencies)) assert.match(range, /^\d+\.\d+\.\d+$/, other);
      const own = Object.entries({ ...dependencies, ...devDependencies }).filter(([other]) =>
        other.startsWith("@lenity/"),
      );
      for (const [other, range] of own) assert.deepEqual([folderOf.has(other), range], [true, version], other);
      const needed = Object.keys(dependencies).flatMap((other) => folderOf.get(other) ?? []);
      assert.deepEqual(references(folder), needed.sort());
    });

    test("is built when it is packed or published", () => {
      assert.deepEqual(manifest["scripts"], { prepack: "rm -rf dist && tsc -b tsconfig.build.json --force" });
    });

    test("is on JSR with the same entries, or has a reason not to be", () => {
      const file = join(root, folder, "jsr.json");
      assert.notEqual(existsSync(file), Object.hasOwn(notOnJsr, name));
      if (!existsSync(file)) return;
      const { publish, ...shown } = readJson<Manifest>(folder, "jsr.json");
      const entries = Object.entries(exports).flatMap(([entry, target]) =>
        typeof target === "string" ? [] : [[entry, target["source"]]],
      );
      assert.deepEqual(shown, { name, version, license: "Apache-2.0", exports: Object.fromEntries(entries) });
      assert.deepEqual(publish, { include: ["src", "README.md", "LICENSE", "package.json"] });
    });
  });
}

test("the pair is above JSR's limit for the files of a package", () => {
  const files = globSync("packages/tiny/{target,draft}/**/*.{onnx,json}", { cwd: root });
  const bytes = files.map((file) => statSync(join(root, file)).size).reduce((sum, size) => sum + size);
  assert.ok(bytes > 20 * 1024 * 1024, `${bytes} bytes fit on JSR`);
});

test("one command builds all packages", () => {
  assert.deepEqual(references(), packages.map(({ folder }) => folder).sort());
});

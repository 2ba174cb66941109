/** The packages as registries get them: their files, and the results of tools that check packages. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { publishedPackages, readText, root } from "../published-packages.ts";
import { denoExecutable, sourceEnvironment } from "../runtimes.ts";
import { testInstalled } from "./installed.ts";
import { install, type Packed, pack } from "./project.ts";
import { run } from "./run.ts";

const onJsr = (place: string): boolean => existsSync(join(root, place, "jsr.json"));

/** Output of Deno's dry run of publishing to JSR. It checks types again, which is slow, so all are started together. */
const dryRuns = new Map<string, Promise<string>>();
function startDryRuns(): void {
  const env = { ...process.env, ...sourceEnvironment, NO_COLOR: "1" };
  for (const place of publishedPackages().map(({ folder }) => folder)) {
    if (!onJsr(place)) continue;
    const output = run([denoExecutable(), "publish", "--dry-run", "--allow-dirty"], { cwd: join(root, place), env });
    output.catch(() => {}); // reported by the package's test
    dryRuns.set(place, output);
  }
}

let folder: string;
let packages: readonly Packed[];
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "lenity-packed-"));
  startDryRuns();
  packages = await pack(join(folder, "tarballs"));
});
after(() => rm(folder, { recursive: true, force: true }));

const packageOf = (name: string): Packed =>
  packages.find(({ manifest }) => manifest.name === name) ?? assert.fail(`${name} is not packed.`);
const tool = (name: string) => join(root, "node_modules/.bin", name);

/** The files that belong in a package. */
const expected =
  /^(package\.json|README\.md|LICENSE|bin\/lenity\.mjs|dist\/.+\.(js|d\.ts)(\.map)?|src\/.+\.(ts|wasm)|((race|round|sizes|webgpu)\/)?[a-z0-9-]+\.ts|(target|draft)\/.+\.(json|onnx))$/;

/** Entries that attw does not check, and why. */
const untyped: Readonly<Record<string, readonly string[]>> = {
  "@lenity/core": ["./kernels.wasm"], // a WebAssembly module, whose type the bundler declares
};

for (const { folder: place, manifest } of publishedPackages()) {
  const { name, exports = {} } = manifest;
  describe(name, () => {
    test("contains its sources and its build, and nothing else", () => {
      const { paths } = packageOf(name);
      assert.deepEqual(
        paths.filter((path) => !expected.test(path)),
        [],
      );
      const targets = Object.values(exports).flatMap((target) =>
        typeof target === "string" ? [target] : Object.values(target),
      );
      for (const target of [...targets, "./README.md", "./LICENSE"]) assert.ok(paths.includes(target.slice(2)), target);
      for (const path of paths.filter((path) => path.endsWith(".js"))) assert.ok(paths.includes(`${path}.map`), path);
      assert.ok(!paths.includes("dist/of-an-older-build.js"));
    });

    test("passes publint", async () => {
      assert.match(await run([tool("publint"), packageOf(name).tarball, "--strict"], { cwd: folder }), /All good!/);
    });

    // The command has no exports.
    if (Object.keys(exports).length > 0) {
      test("passes attw: its types resolve like its code", async () => {
        const excluded = (untyped[name] ?? []).map((entry) => entry.slice(2));
        const options = [
          "--profile",
          "esm-only",
          ...(excluded.length === 0 ? [] : ["--exclude-entrypoints", ...excluded]),
        ];
        await run([tool("attw"), packageOf(name).tarball, ...options], { cwd: folder });
      });
    }

    // packages.test.ts lists the packages that are not on JSR, with the reasons.
    if (onJsr(place)) {
      test("can be published on JSR", async () => {
        assert.match((await dryRuns.get(place)) ?? "", /Success Dry run complete/);
      });
    }
  });
}

test("docs/packages.md states their unpacked sizes, within a tenth", () => {
  const rows = readText("docs/packages.md").matchAll(/^\| \[(\S+)\]\(\S+\) .*\| +([\d.]+) MB \|$/gm);
  const stated = new Map(Array.from(rows, ([, name, size]) => [name as string, Number(size) * 1e6]));
  assert.deepEqual([...stated.keys()].sort(), packages.map(({ manifest }) => manifest.name).sort());
  const wrong = packages.filter(({ manifest, bytes }) => {
    return Math.abs((stated.get(manifest.name) as number) - bytes) > 0.1 * bytes + 5000;
  });
  assert.deepEqual(
    wrong.map(({ manifest, bytes }) => `${manifest.name} has ${(bytes / 1e6).toFixed(2)} MB`),
    [],
  );
});

describe("installed by npm into an empty folder", () => {
  before(() => install(packages, join(folder, "project")));
  testInstalled(() => join(folder, "project"));
});

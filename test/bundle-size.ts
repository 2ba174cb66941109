/** What @lenity/core and @lenity/chat weigh in a browser, by two bundlers. Run for a table: bun test/bundle-size.ts */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

export type Bundler = "esbuild" | "bun";

const packages = join(import.meta.dirname, "../packages");
const core = join(packages, "core/src");

/** A name for a program, and the names that it imports from core; "*" is all of them. */
export const programs: Readonly<Record<string, readonly string[]>> = {
  everything: ["*"],
  "`decode`, `sd`, `modelDrafter`": ["decode", "sd", "modelDrafter"],
};

/** Messages to tokens: parser and interpreter of templates, and what chat takes of core. */
export const chat: readonly string[] = ["chatWriter"];

/** The functions that create a verifier, one file of core's each. */
export async function verifiers(): Promise<readonly string[]> {
  const files = ["verifiers", "combinators"].flatMap((folder) =>
    readdirSync(join(core, folder)).map((name) => join(core, folder, name)),
  );
  const exported = await Promise.all(files.map(async (path) => Object.keys(await import(path))));
  return exported
    .flatMap((names) => names.filter((name) => names.includes(`${name.replace(/Gate$/, "")}Plugin`)))
    .sort();
}

/** Bytes of the minified bundle of names of a package, compressed with gzip. */
export async function gzipped(
  names: readonly string[],
  bundler: Bundler,
  name: "core" | "chat" = "core",
): Promise<number> {
  const index = join(packages, name, "src/index.ts");
  const code = names.includes("*")
    ? `export * from ${JSON.stringify(index)};`
    : `export { ${names.join(", ")} } from ${JSON.stringify(index)};`;
  return gzipSync(await bundled(code, bundler)).length;
}

/** The packages as they lie in this checkout. */
const conditions = ["source"];

async function bundled(code: string, bundler: Bundler): Promise<string> {
  if (bundler === "bun") {
    const entry = join(core, "bundle-size-entry.ts");
    const { outputs } = await Bun.build({
      entrypoints: [entry],
      files: { [entry]: code },
      conditions,
      minify: true,
      target: "browser",
    });
    return (await outputs[0]?.text()) ?? "";
  }
  const stdin = { contents: code, resolveDir: core };
  const { outputFiles } = await build({
    stdin,
    bundle: true,
    conditions,
    minify: true,
    format: "esm",
    platform: "browser",
    write: false,
  });
  return outputFiles[0]?.text ?? "";
}

/** The sizes in the words of a table, in thousands of bytes. */
async function sizeTable(): Promise<string> {
  const bundlers: readonly Bundler[] = ["esbuild", "bun"];
  const size = async (list: readonly (readonly string[])[], bundler: Bundler) => {
    const sizes = await Promise.all(list.map((names) => gzipped(names, bundler)));
    const ends = [Math.min(...sizes), Math.max(...sizes)].map((bytes) => (bytes / 1000).toFixed(1));
    return `${[...new Set(ends)].join(" to ")} kB`;
  };
  const single = (await verifiers()).map((name) => [name]);
  const chatSizes = await Promise.all(
    bundlers.map(async (bundler) => `${((await gzipped(chat, bundler, "chat")) / 1000).toFixed(1)} kB`),
  );
  const rows = [
    ...Object.entries(programs).map(([name, names]) => [name, [names]] as const),
    ["one verifier", single] as const,
  ];
  const lines = rows.map(async ([name, list]) => {
    const sizes = await Promise.all(bundlers.map((bundler) => size(list, bundler)));
    return `| ${name} | ${sizes.join(" | ")} |`;
  });
  const last = `| \`chatWriter\` of @lenity/chat | ${chatSizes.join(" | ")} |`;
  return [
    "| from @lenity/core, with gzip | esbuild | Bun |",
    "| --- | ---: | ---: |",
    ...(await Promise.all(lines)),
    last,
  ].join("\n");
}

if (import.meta.main) console.log(await sizeTable());

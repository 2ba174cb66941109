/** Bundle sizes of @lenity/core, @lenity/chat and @lenity/remote, with two bundlers. To print a table: bun test/bundle-size.ts */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

export type Bundler = "esbuild" | "bun";

const packages = join(import.meta.dirname, "../packages");
const core = join(packages, "core/src");

/** What each program imports from core; "*" is everything. */
export const programs: Readonly<Record<string, readonly string[]>> = {
  everything: ["*"],
  "`decode`, `sd`, `modelDrafter`": ["decode", "sd", "modelDrafter"],
};

/** Messages to tokens: the parser and interpreter of templates, and the parts of core that chat uses. */
export const chat: readonly string[] = ["chatWriter"];

/** A target elsewhere, with the parts of core that it uses. */
export const remote: readonly string[] = ["remoteModel"];

/** The functions that create a verifier, each in its own file of core. */
export async function verifiers(): Promise<readonly string[]> {
  const files = ["verifiers", "combinators"].flatMap((folder) =>
    readdirSync(join(core, folder)).map((name) => join(core, folder, name)),
  );
  const exported = await Promise.all(files.map(async (path) => Object.keys(await import(path))));
  return exported
    .flatMap((names) => names.filter((name) => names.includes(`${name.replace(/Gate$/, "")}Plugin`)))
    .sort();
}

/** Bytes of the minified bundle of these exports of a package, compressed with gzip. */
export async function gzipped(
  names: readonly string[],
  bundler: Bundler,
  name: "core" | "chat" | "remote" = "core",
): Promise<number> {
  const index = join(packages, name, "src/index.ts");
  const code = names.includes("*")
    ? `export * from ${JSON.stringify(index)};`
    : `export { ${names.join(", ")} } from ${JSON.stringify(index)};`;
  return gzipSync(await bundled(code, bundler)).length;
}

/** Resolves packages to their sources in this checkout. */
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

/** The sizes as a Markdown table, in kB. */
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
  const remoteSizes = await Promise.all(
    bundlers.map(async (bundler) => `${((await gzipped(remote, bundler, "remote")) / 1000).toFixed(1)} kB`),
  );
  const last = [
    `| \`chatWriter\` of @lenity/chat | ${chatSizes.join(" | ")} |`,
    `| \`remoteModel\` of @lenity/remote | ${remoteSizes.join(" | ")} |`,
  ];
  return [
    "| from @lenity/core, with gzip | esbuild | Bun |",
    "| --- | ---: | ---: |",
    ...(await Promise.all(lines)),
    ...last,
  ].join("\n");
}

if (import.meta.main) console.log(await sizeTable());

/**
 * Builds the page into dist/: its scripts, ONNX Runtime's files for browsers, and the built-in pair.
 *
 *     bun examples/browser/build.ts
 */
import { cp, mkdir, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import * as tiny from "@lenity/tiny";
import { build, type Plugin } from "esbuild";

const here = import.meta.dirname;

/**
 * ONNX Runtime is not bundled: it starts threads from its own file. These are the files of each module that the page
 * may import.
 */
const runtimes: Readonly<Record<string, readonly string[]>> = {
  "onnxruntime-web/wasm": ["ort.wasm.min.mjs", "ort-wasm-simd-threaded.mjs", "ort-wasm-simd-threaded.wasm"],
  "onnxruntime-web/webgpu": [
    "ort.webgpu.min.mjs",
    "ort-wasm-simd-threaded.asyncify.mjs",
    "ort-wasm-simd-threaded.asyncify.wasm",
  ],
};

const besideThePage: Plugin = {
  name: "ONNX Runtime beside the page",
  setup({ onResolve }) {
    onResolve({ filter: /^onnxruntime-web\// }, ({ path }) => ({
      path: `./ort/${runtimes[path]?.[0]}`,
      external: true,
    }));
  },
};

const texts = ["config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json"];

/** Each model's folder, and the files that the page fetches. */
const models: Readonly<Record<string, { readonly folder: URL; readonly paths: readonly string[] }>> = {
  target: { folder: tiny.target, paths: [...texts, "judge.json", "autojudge.json", "onnx/model.onnx"] },
  draft: { folder: tiny.draft, paths: [...texts, "onnx/model.onnx", "onnx/model.drafter.onnx"] },
};

/** Builds the page into a folder, after emptying it. */
export async function buildPage(out: string): Promise<void> {
  await rm(out, { recursive: true, force: true });
  await mkdir(out, { recursive: true });
  await build({
    entryPoints: [join(here, "src/page.ts"), join(here, "src/worker.ts")],
    plugins: [besideThePage],
    // Uses the packages' sources in this checkout. Leave it out in a project that has installed the packages.
    conditions: ["source"],
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2023",
    outdir: out,
  });
  for (const name of ["index.html", "style.css"]) await cp(join(here, "src", name), join(out, name));
  const ort = dirname(fileURLToPath(import.meta.resolve("onnxruntime-web/ort-wasm-simd-threaded.wasm")));
  for (const name of Object.values(runtimes).flat()) await cp(join(ort, name), join(out, "ort", name));
  const sizes: Record<string, Record<string, number>> = {};
  for (const [model, { folder, paths }] of Object.entries(models)) {
    for (const path of paths) {
      const from = fileURLToPath(new URL(path, folder));
      await cp(from, join(out, "models", model, path));
      sizes[model] = { ...sizes[model], [path]: (await stat(from)).size };
    }
  }
  await writeFile(join(out, "models/files.json"), JSON.stringify(sizes));
}

if (import.meta.main) {
  const out = join(here, "dist");
  await buildPage(out);
  console.log(`The page is in ${out}. Serve it: bun examples/browser/serve.ts`);
}

/**
 * A worker in workerd, Cloudflare's runtime: bundled as wrangler does it, and served on a free port of the loopback
 * address.
 */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename } from "node:path";
import type { Readable } from "node:stream";
import type { Plugin } from "esbuild";

export interface RunningWorker {
  readonly url: URL;
  /** What the worker has printed. */
  log(): string;
  stop(): Promise<void>;
}

export interface WorkerOptions {
  /** The TypeScript file whose default export has `fetch`. */
  readonly entry: string;
  readonly compatibilityDate: string;
  readonly compatibilityFlags: readonly string[];
  /** The `env` of `fetch`. */
  readonly bindings?: Readonly<Record<string, string>> | undefined;
  /**
   * Whether the packages are bundled from their sources, as in this checkout, or as installed. Default: from their
   * sources.
   */
  readonly installed?: boolean | undefined;
}

export async function startWorker(options: WorkerOptions): Promise<RunningWorker> {
  const { entry, compatibilityDate, compatibilityFlags, bindings = {}, installed = false } = options;
  const { Miniflare } = await import("miniflare");
  const { code, wasm } = await bundle(entry, ["workerd", "worker", "browser", ...(installed ? [] : ["source"])]);
  let printed = "";
  const runtime = new Miniflare({
    modules: [
      { type: "ESModule", path: "worker.mjs", contents: code },
      ...Array.from(wasm, ([path, contents]) => ({ type: "CompiledWasm", path, contents }) as const),
    ],
    compatibilityDate,
    compatibilityFlags: [...compatibilityFlags],
    bindings,
    host: "127.0.0.1",
    port: 0,
    cf: false, // else it downloads an example of what Cloudflare says about a request
    handleRuntimeStdio: (...streams: readonly Readable[]) => {
      for (const stream of streams) stream.on("data", (data: Buffer) => (printed += data));
    },
  });
  return { url: await runtime.ready, log: () => printed, stop: () => runtime.dispose() };
}

interface Bundle {
  readonly code: string;
  readonly wasm: ReadonlyMap<string, Uint8Array<ArrayBuffer>>;
}

/**
 * One module without anything of Node, since an import that is not to be found fails here, and beside it the
 * WebAssembly that it imports.
 */
async function bundle(entry: string, conditions: string[]): Promise<Bundle> {
  const { build } = await import("esbuild");
  const wasm = new Map<string, Uint8Array<ArrayBuffer>>();
  const beside: Plugin = {
    name: "WebAssembly beside the code",
    setup({ onResolve, resolve }) {
      onResolve({ filter: /\.wasm$/ }, async ({ path, resolveDir, kind, pluginData }) => {
        if (pluginData === beside) return;
        const found = await resolve(path, { resolveDir, kind, pluginData: beside });
        const name = basename(found.path);
        wasm.set(name, Uint8Array.from(readFileSync(found.path)));
        return { path: `./${name}`, external: true };
      });
    },
  };
  const { outputFiles } = await build({
    entryPoints: [entry],
    plugins: [beside],
    conditions,
    target: "es2024",
    format: "esm",
    bundle: true,
    write: false,
  });
  return { code: outputFiles[0]?.text ?? "", wasm };
}

/**
 * Why workerd does not run on this machine, if so: it comes from npm as a platform package, for macOS, Windows and
 * Linux with glibc.
 */
export function workerdMissing(): string | undefined {
  try {
    const require = createRequire(createRequire(import.meta.url).resolve("miniflare"));
    const { status, stderr, error } = spawnSync(require("workerd").default, ["--version"], { encoding: "utf8" });
    return status === 0 ? undefined : `workerd does not start: ${error?.message ?? stderr}`;
  } catch (error) {
    return String(error instanceof Error ? error.message : error)
      .trim()
      .split("\n")[0];
  }
}

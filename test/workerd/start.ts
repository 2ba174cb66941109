/** Runs a worker in workerd, Cloudflare's runtime, bundled as by wrangler, on a free port of the loopback address. */
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
  /** Whether to bundle the packages as installed, rather than from their sources as in this checkout. Default: false. */
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
    cf: false, // otherwise it downloads a sample of Cloudflare's request metadata
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

/** Bundles a worker into one module, plus the WebAssembly that it imports. Fails on imports of Node's modules. */
async function bundle(entry: string, conditions: string[]): Promise<Bundle> {
  const { build } = await import("esbuild");
  const wasm = new Map<string, Uint8Array<ArrayBuffer>>();
  const wasmFiles: Plugin = {
    name: "WebAssembly in separate files",
    setup({ onResolve, resolve }) {
      onResolve({ filter: /\.wasm$/ }, async ({ path, resolveDir, kind, pluginData }) => {
        if (pluginData === wasmFiles) return;
        const found = await resolve(path, { resolveDir, kind, pluginData: wasmFiles });
        const name = basename(found.path);
        wasm.set(name, Uint8Array.from(readFileSync(found.path)));
        return { path: `./${name}`, external: true };
      });
    },
  };
  const { outputFiles } = await build({
    entryPoints: [entry],
    plugins: [wasmFiles],
    conditions,
    target: "es2024",
    format: "esm",
    bundle: true,
    write: false,
  });
  return { code: outputFiles[0]?.text ?? "", wasm };
}

/**
 * The reason if workerd does not run on this machine. npm has platform packages of it for macOS, Windows and Linux with
 * glibc.
 */
export function workerdMissing(): string | undefined {
  try {
    const require = createRequire(createRequire(import.meta.url).resolve("miniflare"));
    const { status, stderr, error } = spawnSync(require("workerd").default, ["--version"], { encoding: "utf8" });
    return status === 0 ? undefined : `workerd could not be started: ${error?.message ?? stderr}`;
  } catch (error) {
    return String(error instanceof Error ? error.message : error)
      .trim()
      .split("\n")[0];
  }
}

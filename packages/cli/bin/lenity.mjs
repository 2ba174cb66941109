#!/usr/bin/env node
/**
 * The command. Installed from a registry it is what was built. In a checkout, where bootstrap.mjs lies beside it, it is
 * the sources, on this runtime where that can run them: Bun; Node from 22.18; Deno and Node that were started with the
 * condition `source`. Else on the Bun that bootstrap.mjs finds.
 */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const here = (path) => new URL(path, import.meta.url);
const checkout = existsSync(here("bootstrap.mjs"));
const prepared = checkout && existsSync(here("../node_modules"));

if (!checkout) {
  await import("../dist/main.js");
} else if (prepared && import.meta.resolve("@lenity/core").endsWith(".ts")) {
  await import("../src/main.ts");
} else if (prepared && process.features.typescript && process.execve !== undefined && process.platform !== "win32") {
  // The same process once more, with the condition under which packages are their sources.
  const args = [
    process.execPath,
    "--conditions=source",
    ...process.execArgv,
    fileURLToPath(import.meta.url),
    ...process.argv.slice(2),
  ];
  process.execve(process.execPath, args, process.env);
} else {
  process.argv.splice(2, 0, "lenity");
  await import("./bootstrap.mjs");
}

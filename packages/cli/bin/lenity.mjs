#!/usr/bin/env node
/**
 * The `lenity` command. Installed from a registry, it runs the compiled files. In a checkout, where bootstrap.mjs is
 * next to it, it runs the sources: on this runtime if it is Bun, Node 22.18 or later, or Deno or Node started with the
 * condition `source`; otherwise on the Bun that bootstrap.mjs installs.
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
  // Restart this process with the condition that resolves packages to their sources.
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

#!/usr/bin/env node
/**
 * The command. Installed from a registry it is what was built. In a checkout, where bootstrap.mjs lies beside it, it is the sources: on this runtime
 * where their packages resolve to sources too (Bun; Node and Deno with the condition `source`), else on the Bun that bootstrap.mjs finds.
 */
import { existsSync } from "node:fs";

const here = (path) => new URL(path, import.meta.url);

if (!existsSync(here("bootstrap.mjs"))) {
  await import("../dist/main.js");
} else if (existsSync(here("../node_modules")) && import.meta.resolve("@lenity/core").endsWith(".ts")) {
  await import("../src/main.ts");
} else {
  process.argv.splice(2, 0, "lenity");
  await import("./bootstrap.mjs");
}

#!/usr/bin/env node
/**
 * The command, on the runtime that it is started with where that runs TypeScript (Bun, Deno, Node from 22.18) and the packages are installed, else on
 * the Bun that bootstrap.mjs takes.
 */
import { existsSync } from "node:fs";

if (process.features.typescript && existsSync(new URL("../node_modules", import.meta.url))) {
  await import("../src/main.ts");
} else {
  process.argv.splice(2, 0, "lenity");
  await import("./bootstrap.mjs");
}

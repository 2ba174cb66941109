/** Writes kernels.wasm. Run after a change of the kernels: bun packages/core/test/write-kernels.ts */
import { writeFileSync } from "node:fs";
import { kernelBytes } from "../src/arithmetic/kernels.ts";

writeFileSync(new URL("../src/arithmetic/kernels.wasm", import.meta.url), kernelBytes());

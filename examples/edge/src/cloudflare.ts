/**
 * The worker on Cloudflare, where WebAssembly may be imported but not compiled: with the kernels, verification is many
 * times faster.
 */
import { useKernels } from "@lenity/core";
import kernels from "@lenity/core/kernels.wasm";
import worker from "./worker.ts";

useKernels(kernels);

export default worker;

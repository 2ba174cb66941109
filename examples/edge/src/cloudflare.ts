/**
 * The worker on Cloudflare, where WebAssembly may be imported but not compiled. The kernels make verification many
 * times faster.
 */
import { useKernels } from "@lenity/core";
import kernels from "@lenity/core/kernels.wasm";
import worker from "./worker.ts";

useKernels(kernels);

export default worker;

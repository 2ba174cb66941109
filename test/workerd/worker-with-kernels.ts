/** The worker under test, with the WebAssembly kernels. */
import kernels from "../../packages/core/src/arithmetic/kernels.wasm";
import { useKernels } from "../../packages/core/src/index.ts";
import worker from "./worker.ts";

useKernels(kernels);

export default worker;

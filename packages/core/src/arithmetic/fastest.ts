import { plain } from "./plain.ts";
import { compileKernels, simdArithmetic } from "./simd.ts";
import type { Arithmetic } from "./softmax.ts";

let chosen: Arithmetic | undefined;

/** The fastest arithmetic that this runtime supports, chosen on the first call. */
export function arithmetic(): Arithmetic {
  return (chosen ??= fastest());
}

function fastest(): Arithmetic {
  const module = compileKernels();
  return module === undefined ? plain : simdArithmetic(module);
}

/**
 * Uses precompiled kernels from now on, in the whole program: for workers, which may import WebAssembly but not compile
 * it. There `module` is the default export of `@lenity/core/kernels.wasm`. Throws TypeError for any other module.
 */
export function useKernels(module: WebAssembly.Module): void {
  const names = WebAssembly.Module.exports(module).map(({ name }) => name);
  for (const name of ["memory", "range", "sum", "cross", "row"]) {
    if (!names.includes(name))
      throw new TypeError(
        `The module has no export "${name}"; expected the default export of @lenity/core/kernels.wasm.`,
      );
  }
  chosen = simdArithmetic(module);
}

/** Runs untrusted JavaScript in QuickJS, a JavaScript engine in WebAssembly: no files, no network, no clock of the host. */
import {
  newQuickJSWASMModuleFromVariant,
  type QuickJSContext,
  type QuickJSHandle,
  type QuickJSWASMModule,
} from "quickjs-emscripten-core";

/** What the code may use. */
export interface Limits {
  /** For the code and all calls together, in milliseconds. Default 1000. */
  readonly milliseconds?: number;
  /** For everything that the code allocates, in bytes. Default 32 MiB. */
  readonly memory?: number;
  /** For the call stack, in bytes. Default 128 KiB; the engine has room for no more than about 200. */
  readonly stack?: number;
}

/** What a call gave: a JSON value, or why there is none. */
export type Outcome = { readonly value: unknown } | { readonly error: string };

/**
 * Functions made before the code runs, which the code therefore cannot change. `write` gives JSON without calling a
 * `toJSON` method; what is not JSON (`undefined`, `NaN`, a function) gives text that does not parse.
 */
const helpers = `(() => {
  const { stringify } = JSON, { isArray } = Array, { keys } = Object;
  const write = (value) => {
    if (typeof value === "number") return "" + value;
    if (value === null || typeof value !== "object") return "" + stringify(value);
    const names = isArray(value) ? undefined : keys(value);
    const { length } = names ?? value;
    let text = "";
    for (let i = 0; i < length; i++) {
      text += (i > 0 ? "," : "") + (names ? stringify(names[i]) + ":" + write(value[names[i]]) : write(value[i]));
    }
    return names ? "{" + text + "}" : "[" + text + "]";
  };
  const describe = (error) =>
    typeof error === "object" && error !== null ? error.name + ": " + error.message : "" + error;
  return { write, describe };
})()`;

let loading: Promise<QuickJSWASMModule> | undefined;

/** The engine, loaded once. */
function engine(): Promise<QuickJSWASMModule> {
  loading ??= newQuickJSWASMModuleFromVariant(import("@jitl/quickjs-wasmfile-release-sync"));
  return loading;
}

/**
 * Runs `code`, a script, and then evaluates each of `calls`, such as `sum([1, 2])`, in the same fresh context.
 *
 * Gives one outcome for each call, in order. An endless loop, a syntax error, a throw, too much memory or recursion, and
 * a value that is not JSON are errors of the calls concerned; nothing is thrown. Code that fails fails every call.
 * Promises are not awaited.
 */
export async function runFunction(
  code: string,
  calls: readonly string[],
  { milliseconds = 1000, memory = 2 ** 25, stack = 2 ** 17 }: Limits = {},
): Promise<readonly Outcome[]> {
  const module = await engine();
  const end = performance.now() + milliseconds;
  const late = () => performance.now() > end;
  try {
    const runtime = module.newRuntime({ memoryLimitBytes: memory, maxStackSizeBytes: stack, interruptHandler: late });
    const context = runtime.newContext();
    try {
      return outcomes(context, code, calls).map((outcome) =>
        "error" in outcome && late() ? { error: `The code ran for more than ${milliseconds} ms.` } : outcome,
      );
    } finally {
      context.dispose();
      runtime.dispose();
    }
  } catch (error) {
    loading = undefined; // The engine itself stopped and may be in any state, so the next run loads a new one.
    return calls.map(() => ({ error: `The sandbox stopped: ${error}` }));
  }
}

function outcomes(context: QuickJSContext, code: string, calls: readonly string[]): Outcome[] {
  const made = context.unwrapResult(context.evalCode(helpers));
  const write = context.getProp(made, "write");
  const describe = context.getProp(made, "describe");
  const text = (handle: QuickJSHandle, by: QuickJSHandle): string | undefined => {
    const result = context.callFunction(by, context.undefined, handle);
    const written = result.error === undefined ? context.getString(result.value) : undefined;
    result.dispose();
    handle.dispose();
    return written;
  };
  const run = (script: string): QuickJSHandle | string => {
    const result = context.evalCode(script, "answer.js");
    return result.error === undefined ? result.value : (text(result.error, describe) ?? "Something was thrown.");
  };
  const ran = run(code);
  const all = calls.map((call): Outcome => {
    if (typeof ran === "string") return { error: ran };
    const value = run(call);
    return typeof value === "string" ? { error: value } : parsed(text(value, write));
  });
  if (typeof ran !== "string") ran.dispose();
  for (const handle of [made, write, describe]) handle.dispose();
  return all;
}

function parsed(json: string | undefined): Outcome {
  try {
    return { value: JSON.parse(json ?? "") };
  } catch {
    return { error: "The value of the call is not JSON." };
  }
}

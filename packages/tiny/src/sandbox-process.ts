/** The process of the sandbox: it runs the scripts that `runFunction` sends, in QuickJS, an engine in WebAssembly. */
import {
  newQuickJSWASMModuleFromVariant,
  type QuickJSContext,
  type QuickJSHandle,
  type QuickJSWASMModule,
} from "quickjs-emscripten-core";
import type { Outcome, Script } from "./sandbox.ts";

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

let engine: QuickJSWASMModule | undefined;

/** Answers with the outcomes, or with a text if the engine itself stopped; it may then be in any state. */
async function answer(script: Script): Promise<void> {
  try {
    engine ??= await newQuickJSWASMModuleFromVariant(import("@jitl/quickjs-wasmfile-release-sync"));
    process.send?.(run(engine, script));
  } catch (error) {
    process.send?.(`The sandbox stopped: ${error}`);
  }
}

function run(module: QuickJSWASMModule, { code, calls, milliseconds, memory, stack }: Script): readonly Outcome[] {
  const end = performance.now() + milliseconds;
  const late = () => performance.now() > end;
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

process.on("message", (script: Script) => void answer(script));

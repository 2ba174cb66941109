/**
 * Runs untrusted JavaScript. The code sees no file, no network and nothing of this program: QuickJS, an engine in
 * WebAssembly, runs it, in a process that is killed if the engine does not stop by itself in time.
 */
import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";

/** What the code may use. */
export interface Limits {
  /** For the code and all calls together, in milliseconds. Default 1000. */
  readonly milliseconds?: number;
  /** For everything that the code allocates, in bytes. Default 32 MiB. */
  readonly memory?: number;
  /** For the call stack, in bytes, at most 200 000. Default 128 KiB. */
  readonly stack?: number;
}

/** What the process gets. */
export interface Script extends Required<Limits> {
  readonly code: string;
  readonly calls: readonly string[];
}

/** What a call gave: a JSON value, or why there is none. */
export type Outcome = { readonly value: unknown } | { readonly error: string };

/** For starting the process and for what the engine does between two looks at the clock, in milliseconds. */
const grace = 2000;
const program = import.meta.url.endsWith(".ts") ? "./sandbox-process.ts" : "./sandbox-process.js";
let child: ChildProcess | undefined;
let last: Promise<unknown> = Promise.resolve();

/**
 * Runs `code`, a script, and then evaluates each of `calls`, such as `sum([1, 2])`, in the same fresh context.
 *
 * Gives one outcome for each call, in order. An endless loop, a syntax error, a throw, too much memory or recursion,
 * and a value that is not JSON are errors of the calls concerned; nothing is thrown. Code that fails fails every call.
 * Promises are not awaited. Scripts run one after the other. Deno needs `--allow-run`.
 */
export function runFunction(
  code: string,
  calls: readonly string[],
  { milliseconds = 1000, memory = 2 ** 25, stack = 2 ** 17 }: Limits = {},
): Promise<readonly Outcome[]> {
  const outcomes = last.then(() => run({ code, calls, milliseconds, memory, stack }));
  last = outcomes.catch(() => undefined);
  return outcomes;
}

async function run(script: Script): Promise<readonly Outcome[]> {
  const reply = await ask(script);
  if (typeof reply !== "string") return reply;
  child?.kill("SIGKILL");
  child = undefined;
  return script.calls.map(() => ({ error: reply }));
}

/** The outcomes, or a text if the process failed or did not answer in time. */
function ask(script: Script): Promise<readonly Outcome[] | string> {
  const { promise, resolve } = Promise.withResolvers<readonly Outcome[] | string>();
  const one = child?.connected ? child : start();
  child = one;
  const failed = (reason: unknown) => resolve(`The sandbox stopped: ${reason}`);
  const late = () => resolve(`The code ran for more than ${script.milliseconds} ms.`);
  const timer = setTimeout(late, script.milliseconds + grace);
  one.once("message", resolve).once("error", failed).once("exit", failed);
  one.send(script);
  return promise.finally(() => {
    clearTimeout(timer);
    one.off("message", resolve).off("error", failed).off("exit", failed);
  });
}

/** A process that does not keep this one alive. */
function start(): ChildProcess {
  const started = fork(fileURLToPath(new URL(program, import.meta.url)), {
    stdio: ["ignore", "ignore", "ignore", "ipc"],
  });
  started.unref();
  started.channel?.unref?.(); // Bun has none and needs none.
  return started;
}

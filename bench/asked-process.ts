/** A process of its own that answers questions, one at a time. */
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";

/** What the process says: that it has loaded, an answer, or why it failed. */
export type ProcessMessage<Ready, Answer> =
  | { readonly ready: Ready }
  | { readonly answer: Answer }
  | { readonly failed: string };

export interface AskedProcess<Ready, Question, Answer> {
  readonly ready: Ready;
  /** Answers one question at a time. Rejects if the process fails or takes longer than that many milliseconds. */
  ask(question: Question, limit: number): Promise<Answer>;
  close(): Promise<void>;
}

export interface ProcessSetup {
  /** How errors call it. */
  readonly name: string;
  /** Its script, as a TypeScript module. Compiled, it is JavaScript. */
  readonly script: URL;
  /** Its argument, as JSON. */
  readonly argument: unknown;
  /** Milliseconds until it must have loaded. */
  readonly loading: number;
}

/** Starts the process with the program that runs this one. Rejects with the reason if it cannot load. */
export async function startAsked<Ready, Question extends object, Answer>(
  setup: ProcessSetup,
): Promise<AskedProcess<Ready, Question, Answer>> {
  const { name, script, argument, loading } = setup;
  type Message = ProcessMessage<Ready, Answer>;
  const source = fileURLToPath(script);
  const path = import.meta.url.endsWith(".ts") ? source : source.replace(/\.ts$/, ".js");
  const child = fork(path, [JSON.stringify(argument)], {
    stdio: ["ignore", "ignore", "inherit", "ipc"],
    // node-llama-cpp computes in Node's thread pool. With several threads there, each gets threads of llama.cpp of its
    // own, which then fight over the cores.
    env: { ...process.env, UV_THREADPOOL_SIZE: "1" },
  });
  let settle: ((message: Message) => void) | undefined;
  let ended = false;
  const closed = new Promise<void>((resolve) => {
    child.on("exit", (code, signal) => {
      ended = true;
      settle?.({ failed: `its process ended (${signal ?? code})` });
      resolve();
    });
  });
  child.on("error", ({ message }) => settle?.({ failed: message }));
  child.on("message", (message) => settle?.(message as Message));

  /** The next message, after this was done. */
  const next = async (begin: () => void, limit: number): Promise<Exclude<Message, { readonly failed: string }>> => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const message = await new Promise<Message>((resolve) => {
      settle = resolve;
      timer = setTimeout(() => resolve({ failed: `it took longer than ${limit / 1000} s` }), limit);
      if (ended) resolve({ failed: "its process has ended" });
      else begin();
    });
    clearTimeout(timer);
    settle = undefined;
    if (!("failed" in message)) return message;
    ended = true;
    child.kill("SIGKILL");
    throw new Error(`${name}: ${message.failed}`);
  };
  const first = await next(() => {}, loading);
  return {
    ready: (first as { readonly ready: Ready }).ready,
    async ask(question, limit) {
      const message = await next(() => child.send(question), limit);
      if (!("answer" in message)) throw new Error(`${name}: it said something else than an answer`);
      return message.answer;
    },
    async close() {
      child.kill("SIGKILL");
      await closed;
    },
  };
}

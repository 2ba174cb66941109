/** The parent's side of a lane: starts its process and asks it. */
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { type LaneAnswer, type LaneMessage, type LaneQuestion, type LaneSetup, laneName } from "./lane.ts";

export interface LaneProcess {
  /** Answers one question at a time. Rejects if the process fails or takes longer than that many milliseconds. */
  ask(question: LaneQuestion, limit: number): Promise<LaneAnswer>;
  close(): Promise<void>;
}

/** Milliseconds until a lane must have loaded. */
const loading = 60_000;

/** Starts a lane with the program that runs this one. Rejects with the reason if it cannot load. */
export async function startLane(setup: LaneSetup): Promise<LaneProcess> {
  // Compiled, the script beside this one is JavaScript.
  const script = fileURLToPath(
    new URL(`./lane-script${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url),
  );
  const child = fork(script, [JSON.stringify(setup)], {
    stdio: ["ignore", "ignore", "inherit", "ipc"],
    // node-llama-cpp computes in Node's thread pool. With several threads there, each gets threads of llama.cpp of its
    // own, which then fight over the cores.
    env: { ...process.env, UV_THREADPOOL_SIZE: "1" },
  });
  const name = laneName(setup.lane);
  let settle: ((message: LaneMessage) => void) | undefined;
  let ended = false;
  const closed = new Promise<void>((resolve) => {
    child.on("exit", (code, signal) => {
      ended = true;
      settle?.({ failed: `its process ended (${signal ?? code})` });
      resolve();
    });
  });
  child.on("error", ({ message }) => settle?.({ failed: message }));
  child.on("message", (message) => settle?.(message as LaneMessage));

  /** The next message, after this was done. */
  const next = async (begin: () => void, limit: number): Promise<LaneMessage> => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const message = await new Promise<LaneMessage>((resolve) => {
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
  await next(() => {}, loading);
  return {
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

/** The process of a lane: loads the engine that its argument names, and answers the questions of its parent. */
import { readFileSync } from "node:fs";
import type { LaneAnswer, LaneEngine, LaneMessage, LaneQuestion, LaneSetup } from "./lane.ts";
import { lenityEngine } from "./lenity-engine.ts";
import { llamaEngine } from "./llama-engine.ts";
import { transformersEngine } from "./transformers-engine.ts";

const engines = { lenity: lenityEngine, "llama.cpp": llamaEngine, "transformers.js": transformersEngine };

const setup = JSON.parse(process.argv[2] ?? "") as LaneSetup;
const send = (message: LaneMessage) => process.send?.(message);
const failed = (error: unknown) => send({ failed: error instanceof Error ? error.message : String(error) });

try {
  const engine = await engines[setup.lane.engine](setup);
  process.on("message", (question: LaneQuestion) => {
    timed(engine, question, setup.eos).then((answer) => send({ answer }), failed);
  });
  send({ ready: true });
} catch (error) {
  failed(error);
}
process.on("disconnect", () => process.exit());

/** All engines are timed here, in the same way. */
async function timed(engine: LaneEngine, question: LaneQuestion, eos: readonly number[]): Promise<LaneAnswer> {
  const tokens: number[] = [];
  let [first, together, last] = [0, 0, 0];
  const used = process.cpuUsage();
  const began = performance.now();
  await engine.answer(question, (more) => {
    const fresh = more.filter((token) => !eos.includes(token));
    if (fresh.length === 0) return;
    last = performance.now() - began;
    if (tokens.length === 0) [first, together] = [last, fresh.length];
    tokens.push(...fresh);
  });
  const end = performance.now() - began;
  const { user, system } = process.cpuUsage(used);
  return { tokens, first, together, last, end, cpu: (user + system) / 1000, memory: mostMemory() };
}

/** In bytes. Linux counts it for the process; Bun's own figure is in another unit than Node's. */
function mostMemory(): number {
  try {
    const [, kibibytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8")) ?? [];
    if (kibibytes !== undefined) return 1024 * Number(kibibytes);
  } catch {
    // Not Linux.
  }
  return process.memoryUsage().rss;
}

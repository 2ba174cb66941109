/** The process of another program: loads the file that its argument names, and does the runs that its parent asks for. */
import { type StepEngine, timeRuns } from "./lane.ts";
import { llamaSteps } from "./llama-steps.ts";
import type { PeerMessage, PeerQuestion, PeerSetup } from "./peer.ts";
import { timer } from "./timer.ts";
import { transformersSteps } from "./transformers-steps.ts";

const engines = { "llama.cpp": llamaSteps, "transformers.js": transformersSteps };

const setup = JSON.parse(process.argv[2] ?? "") as PeerSetup;
const send = (message: PeerMessage) => process.send?.(message);
const failed = (error: unknown) => send({ failed: error instanceof Error ? error.message : String(error) });

try {
  const time = timer(setup.clock, setup.threads);
  const before = process.memoryUsage().rss;
  const { value: engine, milliseconds: load } = await time<(draws: boolean) => StepEngine>(() =>
    engines[setup.engine](setup),
  );
  process.on("message", (question: PeerQuestion) => {
    timeRuns(engine(question.draws), question, time).then((answer) => send({ answer }), failed);
  });
  send({ ready: { load, memory: process.memoryUsage().rss - before } });
} catch (error) {
  failed(error);
}
process.on("disconnect", () => process.exit());

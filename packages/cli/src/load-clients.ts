/** The clients of `lenity bench load` and `bench many`, in a thread of their own. */
import { once } from "node:events";
import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import { type LoadReport, load, type Spread } from "@lenity/bench/load";
import { type ManyReport, many } from "@lenity/bench/many";
import { builtInProblems } from "@lenity/bench/problems";

export interface ClientsOptions {
  readonly url: string;
  readonly streams: readonly number[] | undefined;
  readonly seconds: number;
  /** Those of `bench many`; undefined for `bench load`. */
  readonly policies?: readonly string[] | undefined;
  /** Whether the other thread answers "loop" with the delays of its event loop. */
  readonly asksLoop: boolean;
}

/** What the thread says: "loop" asks for the delays, and the report is its last word. */
export type ClientsMessage = "loop" | LoadReport | ManyReport;

const questions = builtInProblems(64, 7).map(({ question }) => question);
const say = (content: string | undefined, more: object) => ({ messages: [{ role: "user", content }], ...more });

/** At a high temperature, so that an answer has many rounds. The trace tells how many tokens a chunk has. */
const long = (at: number) =>
  say(questions[at % questions.length], {
    ...{ temperature: 3, max_tokens: 300, seed: at, speculative: { trace: true } },
  });
const short = (at: number) => say(`How much is ${at} + 3?`, { temperature: 0, max_tokens: 8 });

async function run(port: MessagePort, options: ClientsOptions): Promise<void> {
  const { url, streams, seconds, policies, asksLoop } = options;
  const say = (message: ClientsMessage) => port.postMessage(message);
  const eventLoop = async () => {
    const answered = once(port, "message");
    say("loop");
    return (await answered)[0] as Spread;
  };
  if (policies !== undefined) say(await many({ url, streams, seconds, policies, questions }));
  else say(await load({ url, streams, seconds, long, short, eventLoop: asksLoop ? eventLoop : undefined }));
}

if (parentPort !== null) await run(parentPort, workerData as ClientsOptions);

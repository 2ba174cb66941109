/** A lane of the race: an engine with weights and settings, in a process of its own. */
import type { ProcessMessage } from "../asked-process.ts";
import type { GgufKind } from "./gguf.ts";

export type Engine = "lenity" | "llama.cpp" | "transformers.js";

/** What runs in a lane. */
export interface Lane {
  readonly engine: Engine;
  readonly weights: "fp32" | "int8" | GgufKind;
  /** Threads of the target. A draft model has one. */
  readonly threads: number;
  /** lenity: a preset, whose drafts are as long as it says. Absent: plain decoding. */
  readonly policy?: string | undefined;
  /** llama.cpp: speculation by node-llama-cpp with a draft model, as it is shipped or mended (repaired-llama.ts). */
  readonly draft?: "as shipped" | "repaired" | undefined;
}

/** How a lane is called in tables and in `--lanes`. */
export function laneName({ engine, weights, threads, policy, draft }: Lane): string {
  const how = engine === "transformers.js" ? "" : ` ${draft === undefined ? (policy ?? "plain") : `draft ${draft}`}`;
  return `${engine} ${weights}${how} t${threads}`;
}

/** What the process of a lane is started with. */
export interface LaneSetup {
  readonly lane: Lane;
  /** The target's folder or file, and the draft model's if the lane speculates. */
  readonly target: string;
  readonly draft?: string | undefined;
  /** The file that is imported for another engine than lenity. */
  readonly module?: string | undefined;
  /** Ids that end an answer; they are not part of it. */
  readonly eos: readonly number[];
  /** Ids that lossy rules leave to strict verification. */
  readonly control: readonly number[];
  /** Tokens that prompt and answer have room for, in every engine. */
  readonly context: number;
}

/** A prompt to answer greedily. */
export interface LaneQuestion {
  readonly prompt: readonly number[];
  readonly maxTokens: number;
}

/** An answer, timed by the lane's own process. Times are milliseconds since the question. */
export interface LaneAnswer {
  readonly tokens: readonly number[];
  /** Until the first token, and how many tokens came together with it. */
  readonly first: number;
  readonly together: number;
  /** Until the last token. */
  readonly last: number;
  /** Until the engine knew that the answer was over. */
  readonly end: number;
  /** Milliseconds of processor time of the whole process. */
  readonly cpu: number;
  /** The most bytes of memory that the process has used so far. */
  readonly memory: number;
}

/** What a lane's process says: that it has loaded, an answer, or why it failed. */
export type LaneMessage = ProcessMessage<true, LaneAnswer>;

/** An engine in a lane's process. */
export interface LaneEngine {
  /** Answers greedily, and calls `emit` with tokens as soon as they are known. */
  answer(question: LaneQuestion, emit: (tokens: readonly number[]) => void): Promise<void>;
}

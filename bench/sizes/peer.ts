/** What the process of another program is started with, asked, and says. */
import type { ProcessMessage } from "../asked-process.ts";
import type { Runs } from "./lane.ts";
import type { Clock } from "./timer.ts";

/** A peer's file. */
export interface PeerSetup {
  readonly engine: "llama.cpp" | "transformers.js";
  /** The file to import. */
  readonly module: string;
  /** The folder of the model, and its file within. */
  readonly folder: string;
  readonly file: string;
  readonly threads: number;
  /** Tokens that the cache has room for. */
  readonly context: number;
  readonly clock: Clock;
}

/** Runs, and whether llama.cpp also draws a token from each row, as programs that use it must. */
export type PeerQuestion = Runs & { readonly draws: boolean };

/** What loading took, in milliseconds and bytes. */
export interface PeerReady {
  readonly load: number;
  readonly memory: number;
}

export type PeerMessage = ProcessMessage<PeerReady, readonly number[]>;

import type { Answered } from "../answer.ts";
import type { AskOptions, Talk } from "./talk.ts";

/** What a person can type in a conversation, after a slash. */
export interface Command {
  /** Without the slash. */
  readonly name: string;
  /** What follows the name, for the list of commands; empty if nothing does. */
  readonly argument: string;
  readonly summary: string;
  /** Throws a LenityError for an argument that it cannot take, and then changes nothing. */
  run(context: CommandContext, argument: string): Promise<void> | void;
}

export interface CommandContext {
  readonly talk: Talk;
  /** Runs what Ctrl-C can stop. */
  answer<Result extends Answered | undefined>(ask: (how: AskOptions) => Promise<Result>): Promise<Result>;
  /** Ends the conversation. */
  close(): void;
}

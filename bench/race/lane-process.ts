/** The parent's side of a lane: starts its process and asks it. */
import { type AskedProcess, startAsked } from "../asked-process.ts";
import { type LaneAnswer, type LaneQuestion, type LaneSetup, laneName } from "./lane.ts";

export type LaneProcess = AskedProcess<true, LaneQuestion, LaneAnswer>;

/** Milliseconds until a lane must have loaded. */
const loading = 60_000;

/** Starts a lane with the program that runs this one. Rejects with the reason if it cannot load. */
export function startLane(setup: LaneSetup): Promise<LaneProcess> {
  const script = new URL("./lane-script.ts", import.meta.url);
  return startAsked({ name: laneName(setup.lane), script, argument: setup, loading });
}

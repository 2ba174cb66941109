import type { Steps } from "../steps.ts";
import type { Place } from "./place.ts";

/** Writes what may stand at a place between two nodes. */
export type WriteValue = (place: Place, from: number, to: number) => Steps<void>;

/** What has gone over the wire for a model so far. Plain numbers that only grow, except the round trip. */
export interface Wire {
  /** Calls that were answered. */
  calls: number;
  /** Calls that were sent again, after a failed connection or because the engine was busy. */
  retries: number;
  /** Blocks that were scored again without the engine's cache, because their numbers did not fit the ones before. */
  stale: number;
  /** Tokens drawn by the engine in calls of their own. */
  draws: number;
  /** Whole rows that were fetched. */
  rows: number;
  /** The mean time of a call in milliseconds, of the last few. */
  roundTrip: number;
}

export const newWire = (): Wire => ({ calls: 0, retries: 0, stale: 0, draws: 0, rows: 0, roundTrip: 0 });

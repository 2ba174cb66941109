/** For benchmarks: where the time of each request to a model's worker goes. */
import { type Channel, channel } from "node:diagnostics_channel";
import type { Request, RequestTimes } from "../protocol/protocol.ts";

/** What is published for each reply of a worker. Milliseconds. */
export interface ReplyTimes extends RequestTimes {
  readonly request: Request["type"];
  /** From sending the request until its reply arrived. What exceeds `handled` was spent between the threads. */
  readonly roundTrip: number;
}

/**
 * Publishes `ReplyTimes` of models that are loaded while it has subscribers. Models that are loaded without any measure
 * nothing.
 */
export const replyTimes: Channel<unknown, ReplyTimes> = channel("lenity:onnx:reply");

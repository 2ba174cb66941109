import type { Request } from "../protocol/protocol.ts";

/** The reply to a request, and those of its buffers that can be transferred. */
export interface Handled {
  readonly value: unknown;
  readonly transfer: ArrayBuffer[];
}

/** Handles a request to a model of the same thread, by the model's number. */
export type HandleBeside = (model: number, request: Request) => Promise<Handled>;

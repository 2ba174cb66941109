import type { Cancellation } from "./cancellation.ts";
import type { Request } from "./protocol.ts";

/** A running worker with its models, or a model in this thread behind the same interface. */
export interface WorkerLink {
  /** Throws `worker_lost` when the thread has ended. */
  check(): void;
  /**
   * Sends a request to one of the worker's models (default: 0) and waits for the reply. Rejects with `worker_lost` when
   * the thread dies first, and with `aborted` as soon as the signal fires.
   */
  request<Reply>(request: Request, cancel?: Cancellation, model?: number): Promise<Reply>;
  /** Ends the thread. Pending requests reject with `worker_lost`. */
  close(): Promise<void>;
}

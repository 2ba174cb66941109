import type { Cancellation } from "./cancellation.ts";
import type { Request } from "./protocol.ts";

/** A running worker, or a model in this thread that is asked as one is. */
export interface WorkerLink {
  /** Throws `worker_lost` when the thread is gone. */
  check(): void;
  /**
   * Sends a request and waits for its answer. Rejects with `worker_lost` when the thread dies first, and with `aborted`
   * as soon as the signal fires.
   */
  request<Reply>(request: Request, cancel?: Cancellation): Promise<Reply>;
  /** Ends the thread. Requests under way reject with `worker_lost`. */
  close(): Promise<void>;
}

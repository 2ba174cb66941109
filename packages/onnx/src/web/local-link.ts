import { LenityError } from "@lenity/core";
import { type Cancellation, cancellable } from "../protocol/cancellation.ts";
import type { WorkerLink } from "../protocol/link.ts";
import type { Request } from "../protocol/protocol.ts";
import type { Handled } from "../worker/request-handler.ts";

/**
 * A link to a model in this thread. Requests are handled one at a time, in order of arrival. `owner` names the model in
 * errors; `release` frees its memory after the last reply.
 */
export function localLink(
  answer: (request: Request) => Promise<Handled>,
  release: () => Promise<void>,
  owner: string,
): WorkerLink {
  let queue: Promise<void> = Promise.resolve();
  let closing: Promise<void> | undefined;
  const check = () => {
    if (closing !== undefined) throw new LenityError("worker_lost", `${owner} was closed.`);
  };
  return {
    check,
    request<Reply>(request: Request, cancel?: Cancellation): Promise<Reply> {
      return cancellable<Reply>(cancel, (resolve, reject) => {
        check();
        queue = queue.then(async () => {
          try {
            check();
            resolve((await answer(request)).value as Reply);
          } catch (error) {
            reject(error);
          }
        });
      });
    },
    close() {
      closing ??= queue.then(release);
      return closing;
    },
  };
}

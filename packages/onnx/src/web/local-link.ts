import { LenityError } from "@lenity/core";
import { type Cancellation, cancellable } from "../protocol/cancellation.ts";
import type { WorkerLink } from "../protocol/link.ts";
import type { Request } from "../protocol/protocol.ts";
import type { Handled } from "../worker/request-handler.ts";

/**
 * A link to a model in this very thread: requests are answered one after another, in the order in which they come.
 * `owner` names it in errors; `release` gives back what it holds, once the last answer is there.
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

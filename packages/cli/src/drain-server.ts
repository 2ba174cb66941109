import { setTimeout as pause } from "node:timers/promises";
import type { Listening } from "./listen.ts";

/** Milliseconds until a message asks the user to wait, and for sending an error to requests that are cut off. */
const [noticeAfter, errorTime] = [200, 1000];

/**
 * Stops accepting requests, waits up to `grace` milliseconds for the open ones, aborts the rest with `ending`, and
 * closes all connections.
 */
export async function endServer(server: Listening, ending: AbortController, grace = 5000): Promise<void> {
  const stopped = server.stop();
  if (!(await within(stopped, noticeAfter))) {
    console.error(
      `lenity: waiting up to ${grace / 1000} s for open requests. A second signal stops the server immediately.`,
    );
    if (!(await within(stopped, grace))) {
      ending.abort();
      await within(stopped, errorTime);
    }
  }
  await server.close();
}

/** Whether the promise resolves within this time. */
async function within(promise: Promise<void>, milliseconds: number): Promise<boolean> {
  const timer = new AbortController();
  const late = pause(milliseconds, false, { signal: timer.signal }).catch(() => false);
  const inTime = await Promise.race([promise.then(() => true), late]);
  timer.abort();
  return inTime;
}

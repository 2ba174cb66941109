import { setTimeout as pause } from "node:timers/promises";
import type { Listening } from "./listen.ts";

/** Milliseconds before a terminal is told to wait, and for requests that are cut off to be told so. */
const [silence, farewell] = [200, 1000];

/**
 * Takes no more requests, lets the open ones end, fails with `ending` those that take longer than `grace` milliseconds,
 * and closes all connections.
 */
export async function endServer(server: Listening, ending: AbortController, grace = 5000): Promise<void> {
  const stopped = server.stop();
  if (!(await within(stopped, silence))) {
    console.error(`lenity: waiting up to ${grace / 1000} s for open requests. A second signal ends them at once.`);
    if (!(await within(stopped, grace))) {
      ending.abort();
      await within(stopped, farewell);
    }
  }
  await server.close();
}

/** Whether it resolves in so many milliseconds. */
async function within(promise: Promise<void>, milliseconds: number): Promise<boolean> {
  const timer = new AbortController();
  const late = pause(milliseconds, false, { signal: timer.signal }).catch(() => false);
  const inTime = await Promise.race([promise.then(() => true), late]);
  timer.abort();
  return inTime;
}

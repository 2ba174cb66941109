import type { MiddlewareHandler } from "hono";
import { ApiError } from "./api-error.ts";

/** Whether a name can only mean the machine that uses it. */
export function isLoopback(name: string): boolean {
  return /^(localhost|.+\.localhost|127\.\d+\.\d+\.\d+|::1|\[::1\])$/i.test(name);
}

/**
 * Lets requests pass that name the server by one of these names or by one of loopback; answers 403 to others. One that
 * gives no name passes: it is no browser's.
 */
export function onlyHosts(names: readonly string[]): MiddlewareHandler {
  const allowed = new Set(names.map(bare));
  return async (c, next) => {
    const given = c.req.header("host") ?? "";
    const name = bare(given.replace(/:\d*$/, ""));
    if (given !== "" && !isLoopback(name) && !allowed.has(name)) {
      throw new ApiError(
        403,
        `This server does not answer to the name "${given.slice(0, 100)}", only to localhost${["", ...allowed].join(", ")}. Else web pages could use it by a name of their own. Allow the name with --allowed-host (allowedHosts of createServer), or give the server a key with --api-key: then it answers to all names.`,
        { code: "host_not_allowed" },
      );
    }
    await next();
  };
}

/** As names are compared. */
const bare = (name: string): string =>
  name
    .toLowerCase()
    .replace(/^\[(.*)\]$/, "$1")
    .replace(/\.$/, "");

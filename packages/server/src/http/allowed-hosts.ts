import type { MiddlewareHandler } from "hono";
import { ApiError } from "./api-error.ts";

/** Whether a host name always means the machine itself. */
export function isLoopback(name: string): boolean {
  return /^(localhost|.+\.localhost|127\.\d+\.\d+\.\d+|::1|\[::1\])$/i.test(name);
}

/**
 * Accepts requests whose `Host` is one of these names or a loopback name; answers others with 403. Requests without a
 * `Host` pass, because they do not come from a browser.
 */
export function onlyHosts(names: readonly string[]): MiddlewareHandler {
  const allowed = new Set(names.map(bare));
  return async (c, next) => {
    const given = c.req.header("host") ?? "";
    const name = bare(given.replace(/:\d*$/, ""));
    if (given !== "" && !isLoopback(name) && !allowed.has(name)) {
      throw new ApiError(
        403,
        `The host is "${given.slice(0, 100)}"; expected localhost${["", ...allowed].join(", ")}, because web pages could otherwise reach this server through a name they control. Allow the name with --allowed-host (allowedHosts of createServer), or set a key with --api-key: the server then accepts every name.`,
        { code: "host_not_allowed" },
      );
    }
    await next();
  };
}

/** The form in which names are compared. */
const bare = (name: string): string =>
  name
    .toLowerCase()
    .replace(/^\[(.*)\]$/, "$1")
    .replace(/\.$/, "");

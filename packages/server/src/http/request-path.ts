import { getPath } from "hono/utils/url";

/**
 * The path of a request. If a request has no `Host` (the health checks of some load balancers) or an invalid one, Bun
 * gives a URL without scheme and host ("/health"), which Hono would parse wrongly.
 */
export function pathOf(request: Request): string {
  const { url } = request;
  return getPath(url.startsWith("/") ? ({ url: `http://localhost${url}` } as Request) : request);
}

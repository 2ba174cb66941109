import { getPath } from "hono/utils/url";

/**
 * The path of a request. Bun gives an URL without its beginning ("/health") where a request names no host, as the
 * health checks of some load balancers do, or names one that is none; Hono would take the first letters of that for the
 * beginning.
 */
export function pathOf(request: Request): string {
  const { url } = request;
  return getPath(url.startsWith("/") ? ({ url: `http://localhost${url}` } as Request) : request);
}

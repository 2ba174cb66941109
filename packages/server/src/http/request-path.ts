import { getPath } from "hono/utils/url";

/** Routes of OpenAI's API, and one beside them: their paths begin with /v1. */
const versioned = /^\/(?:chat\/completions|completions|models|policies)(?:\/|$)/;
/** lenity's own routes: their paths do not. */
const own = /^\/(?:tokenize|detokenize|health|health\/live|health\/ready|metrics|openapi\.json)$/;

/**
 * The path of a request, as the routes spell it. Clients know one base URL, with or without /v1 at its end, and some
 * end paths with a slash, so every route is found in these spellings too. Rewriting comes before routing: whatever a
 * route requires, such as a key, is required in all of them.
 */
export function pathOf(request: Request): string {
  const path = givenPath(request).replace(/(?<=.)\/$/, "");
  const bare = path.replace(/^\/v1(?=\/)/, "");
  if (versioned.test(bare)) return `/v1${bare}`;
  return own.test(bare) ? bare : path;
}

/**
 * If a request has no `Host` (the health checks of some load balancers) or an invalid one, Bun gives a URL without
 * scheme and host ("/health"), which Hono would parse wrongly.
 */
function givenPath(request: Request): string {
  const { url } = request;
  return getPath(url.startsWith("/") ? ({ url: `http://localhost${url}` } as Request) : request);
}

import type { Context, MiddlewareHandler } from "hono";
import { timingSafeEqual } from "hono/utils/buffer";
import { ApiError } from "./api-error.ts";

/** Accepts requests with one of the keys as `Authorization: Bearer KEY`; answers others with 401. */
export function bearerAuth(keys: readonly string[]): MiddlewareHandler {
  if (keys.length === 0 || keys.includes("")) {
    throw new TypeError(
      "apiKeys is empty or contains an empty key; expected non-empty keys. Leave apiKeys out for a server that is open to everyone.",
    );
  }
  return async (c, next) => {
    const given = /^Bearer +(\S+) *$/i.exec(c.req.header("authorization") ?? "")?.[1];
    // Every key is compared, so that the time reveals nothing.
    const matches = await Promise.all(keys.map((key) => timingSafeEqual(key, given ?? "")));
    if (given === undefined || !matches.includes(true)) {
      const message =
        given === undefined
          ? "The request has no API key. Send Authorization: Bearer KEY."
          : "The API key is not valid.";
      throw new ApiError(401, message, { code: "invalid_api_key", headers: { "www-authenticate": "Bearer" } });
    }
    c.set("scope", `key ${matches.indexOf(true)}`);
    await next();
  };
}

/** Who sent the request: a name for its key that does not reveal the key; undefined on a server without keys. */
export function scopeOf(c: Context): string | undefined {
  return c.get("scope");
}

import type { Context, MiddlewareHandler } from "hono";
import { timingSafeEqual } from "hono/utils/buffer";
import { ApiError } from "./api-error.ts";

/** A key of the server's clients. */
export interface ApiKey {
  readonly key: string;
  /** What the log calls it. Default: "key" and its number, from 0. */
  readonly name?: string | undefined;
  /** The presets and verifiers that its requests may use. Default: all of the model's. */
  readonly policies?: readonly string[] | undefined;
}

/** The keys with their names. Throws TypeError for an empty list, and for an empty key or two with one name or value. */
export function namedKeys(keys: readonly (string | ApiKey)[]): readonly (ApiKey & { readonly name: string })[] {
  const named = keys.map((given, at) => {
    const { key, name = `key ${at}`, policies } = typeof given === "string" ? { key: given } : (given as ApiKey);
    return { key, name, policies };
  });
  if (named.length === 0 || named.some(({ key }) => key === "")) {
    throw new TypeError(
      "apiKeys is empty or contains an empty key; expected non-empty keys. Leave apiKeys out for a server that is open to everyone.",
    );
  }
  if (new Set(named.map(({ name }) => name)).size < named.length)
    throw new TypeError("Two keys of apiKeys have the same name; expected unique names.");
  if (new Set(named.map(({ key }) => key)).size < named.length)
    throw new TypeError("Two keys of apiKeys are the same; expected different ones.");
  return named;
}

/** Accepts requests with one of the keys as `Authorization: Bearer KEY`; answers others with 401. */
export function bearerAuth(keys: readonly { readonly key: string; readonly name: string }[]): MiddlewareHandler {
  return async (c, next) => {
    const given = /^Bearer +(\S+) *$/i.exec(c.req.header("authorization") ?? "")?.[1];
    // Every key is compared, so that the time reveals nothing.
    const matches = await Promise.all(keys.map(({ key }) => timingSafeEqual(key, given ?? "")));
    if (given === undefined || !matches.includes(true)) {
      const message =
        given === undefined
          ? "The request has no API key. Send Authorization: Bearer KEY."
          : "The API key is not valid.";
      throw new ApiError(401, message, { code: "invalid_api_key", headers: { "www-authenticate": "Bearer" } });
    }
    c.set("scope", keys[matches.indexOf(true)]?.name);
    await next();
  };
}

/** Who sent the request: a name for its key that does not reveal the key; undefined on a server without keys. */
export function scopeOf(c: Context): string | undefined {
  return c.get("scope");
}

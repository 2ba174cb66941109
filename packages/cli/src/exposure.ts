import { isLoopback } from "@lenity/server";

/** Who can reach a server. */
export interface Exposure {
  /** The host names that it answers to, as an option for `createServer`. */
  readonly allowedHosts: readonly string[] | undefined;
  /** A warning for the operator, if there is a risk. */
  readonly warning: string | undefined;
}

/**
 * A server without a key is meant for programs on this machine. On a loopback address it answers only to loopback
 * names, because a web page can make its own host name resolve to this machine (DNS rebinding). On other addresses the
 * operator is warned.
 */
export function exposureOf(
  host: string,
  {
    apiKey,
    allowedHost,
  }: { readonly apiKey?: readonly string[] | undefined; readonly allowedHost?: readonly string[] | undefined },
): Exposure {
  if (apiKey !== undefined) return { allowedHosts: allowedHost, warning: undefined };
  if (isLoopback(host)) return { allowedHosts: allowedHost ?? [], warning: undefined };
  const warning = `other machines may be able to reach ${host}, and without --api-key any of them can use the model.`;
  return { allowedHosts: allowedHost, warning };
}

import { isLoopback } from "@lenity/server";

/** Who can reach a server. */
export interface Exposure {
  /** The names that it answers to, as `createServer` takes them. */
  readonly allowedHosts: readonly string[] | undefined;
  /** What its operator should know. */
  readonly warning: string | undefined;
}

/**
 * A server without a key is for the programs of this machine. On loopback it answers to names of loopback alone, as a
 * web page may give a name of its own this machine's address; elsewhere its operator is warned.
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
  const warning = `other machines may be able to reach ${host}; without --api-key anyone who can may use the model.`;
  return { allowedHosts: allowedHost, warning };
}

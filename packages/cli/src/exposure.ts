import { LenityError } from "@lenity/core";
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
 * names, because a web page can make its own host name resolve to this machine (DNS rebinding). Other addresses are
 * refused with `invalid_request`, unless the operator wants the server to be `open`, with a warning.
 */
export function exposureOf(
  host: string,
  {
    keyed = false,
    open = false,
    allowedHosts,
  }: {
    readonly keyed?: boolean | undefined;
    readonly open?: boolean | undefined;
    readonly allowedHosts?: readonly string[] | undefined;
  },
): Exposure {
  if (keyed) return { allowedHosts, warning: undefined };
  if (isLoopback(host)) return { allowedHosts: allowedHosts ?? [], warning: undefined };
  const risk = `other machines may be able to reach ${host}, and without a key any of them can use the model.`;
  if (open) return { allowedHosts, warning: risk };
  throw new LenityError(
    "invalid_request",
    `Not started: ${risk} Set keys with --keys FILE or LENITY_API_KEYS, or add --public if that is meant.`,
  );
}

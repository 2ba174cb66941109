/** A running server. The package's import conditions (`#listen`) choose the implementation for the runtime. */
export interface Listening {
  readonly url: string;
  /** Stops accepting connections. Resolves when all open requests have been answered. */
  stop(): Promise<void>;
  /** Closes all connections, even those with open requests. */
  close(): Promise<void>;
}

/** The URL of an address, with IPv6 addresses in brackets. */
export function urlOf(host: string, port: number | undefined): string {
  return `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
}

export type Fetch = (request: Request) => Response | Promise<Response>;

export type Listen = (fetch: Fetch, options: { readonly host: string; readonly port: number }) => Promise<Listening>;

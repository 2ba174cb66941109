/** Where an app listens. The runtime's own server is chosen by the package's import conditions (`#listen`). */
export interface Listening {
  readonly url: string;
  /** Takes no more connections. Resolves when the open requests are answered. */
  stop(): Promise<void>;
  /** Ends all connections, whatever is open. */
  close(): Promise<void>;
}

/** The URL of an address: those of IPv6 stand in brackets. */
export function urlOf(host: string, port: number | undefined): string {
  return `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
}

export type Fetch = (request: Request) => Response | Promise<Response>;

export type Listen = (fetch: Fetch, options: { readonly host: string; readonly port: number }) => Promise<Listening>;

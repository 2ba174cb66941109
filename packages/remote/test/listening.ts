/** A fake engine behind a real socket. */
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";

export interface Listening {
  readonly url: string;
  /** How many connections were opened so far. */
  readonly connections: () => number;
  /** How many of them are open. */
  open(): Promise<number>;
  close(): Promise<void>;
}

/** What the server does with a request: an answer, or "cut": half an answer, and then the connection is gone. */
export type Handler = (request: Request) => Promise<Response | "cut">;

export async function listening(handler: Handler): Promise<Listening> {
  const server: Server = createServer((incoming, outgoing) => {
    void answer(incoming, handler).then(
      async (response) => {
        if (response === "cut") {
          outgoing.writeHead(200, { "content-type": "application/json", "content-length": "100" });
          outgoing.write('{"half": ');
          setTimeout(() => outgoing.destroy(), 20);
          return;
        }
        outgoing.writeHead(response.status, Object.fromEntries(response.headers));
        outgoing.end(new Uint8Array(await response.arrayBuffer()));
      },
      () => outgoing.destroy(),
    );
  });
  let connections = 0;
  server.on("connection", () => connections++);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    connections: () => connections,
    open: () => new Promise((resolve) => server.getConnections((_, count) => resolve(count))),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(incoming: IncomingMessage, handler: Handler): Promise<Response | "cut"> {
  const parts: Uint8Array[] = [];
  for await (const part of incoming) parts.push(part as Uint8Array);
  const headers = new Headers(incoming.headers as Record<string, string>);
  const init = { method: incoming.method ?? "GET", headers };
  const body = incoming.method === "POST" ? { body: Buffer.concat(parts) } : {};
  return handler(new Request(`http://127.0.0.1${incoming.url}`, { ...init, ...body }));
}

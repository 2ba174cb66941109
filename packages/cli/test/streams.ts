/** Streams over real sockets, and what a process holds open because of them. */
import { existsSync, readdirSync } from "node:fs";
import { createServer, type ServerOptions } from "@lenity/server";
import { listen } from "#listen";
import type { Listening } from "../src/listen.ts";
import type { LoadedModels } from "../src/load-models.ts";

export interface Streamed {
  readonly status: number;
  readonly text: string;
  /** Whether it ended with `[DONE]`. */
  readonly done: boolean;
  /** The codes of its error chunks. */
  readonly errors: readonly string[];
}

interface Chunk {
  readonly error?: { readonly code: string };
  readonly choices?: readonly { readonly delta: { readonly content?: string } }[];
}

/** A server on loopback, and its client. */
export interface Serving {
  readonly server: Listening;
  post(content: string, more: object, signal?: AbortSignal): Promise<Response>;
  /** Reads a stream to its end; `seen` gets the text so far after each piece. */
  stream(content: string, more?: object, seen?: (text: string) => void): Promise<Streamed>;
  queue(): Promise<{ readonly active: number; readonly waiting: number }>;
}

/** A server of the models on a free port. */
export async function serving(models: LoadedModels, options: Partial<ServerOptions> = {}): Promise<Serving> {
  const app = createServer({ models: [models], ...options });
  const server: Listening = await listen(app.fetch, { host: "127.0.0.1", port: 0 });
  return { server, ...clientOf(server.url) };
}

function clientOf(url: string): Omit<Serving, "server"> {
  const post = (content: string, more: object, signal?: AbortSignal) =>
    fetch(`${url}/v1/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ messages: [{ role: "user", content }], stream: true, seed: 3, ...more }),
      signal: signal ?? null,
    });
  return {
    post,
    async stream(content: string, more: object = {}, seen: (text: string) => void = () => {}): Promise<Streamed> {
      const response = await post(content, more);
      if (!(response.headers.get("content-type") ?? "").startsWith("text/event-stream")) {
        const { error } = (await response.json()) as Chunk;
        return { status: response.status, text: "", done: false, errors: [error?.code ?? "none"] };
      }
      let [rest, text, done] = ["", "", false];
      const errors: string[] = [];
      for await (const piece of (response.body as ReadableStream).pipeThrough(new TextDecoderStream())) {
        const lines = (rest + piece).split("\n\n");
        rest = lines.pop() ?? "";
        for (const line of lines.filter((one) => one.startsWith("data: "))) {
          if (line === "data: [DONE]") done = true;
          else {
            const { error, choices } = JSON.parse(line.slice(6)) as Chunk;
            if (error !== undefined) errors.push(error.code);
            text += choices?.[0]?.delta.content ?? "";
          }
        }
        seen(text);
      }
      return { status: response.status, text, done, errors };
    },
    queue: async () =>
      ((await (await fetch(`${url}/health`)).json()) as { queue: { active: number; waiting: number } }).queue,
  };
}

/** Open files and sockets of this process; 0 where the system does not tell. */
export const handles = (): number => (existsSync("/proc/self/fd") ? readdirSync("/proc/self/fd").length : 0);

/** Bytes in use after a garbage collection; undefined where none can be asked for. */
export function bytesInUse(): number | undefined {
  const { Bun, gc } = globalThis as { Bun?: { gc(force: boolean): void }; gc?: () => void };
  if (Bun === undefined && gc === undefined) return undefined;
  if (Bun !== undefined) Bun.gc(true);
  else gc?.();
  return process.memoryUsage().heapUsed;
}

/** Waits until it holds, at most for ten seconds. */
export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 1000; tries++) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`It did not come to hold that ${what}.`);
}

import { LenityError, type Policy } from "@lenity/core";
import { createServer } from "@lenity/server";
import { listen } from "#listen";
import { endServer } from "./end-server.ts";
import { type EngineOptions, openEngine } from "./engine.ts";
import { exposureOf } from "./exposure.ts";

export interface ServeOptions extends EngineOptions {
  readonly host: string;
  readonly port: number;
  readonly policy: Policy;
  readonly draftTokens?: number | undefined;
  readonly apiKey?: readonly string[] | undefined;
  readonly shareCache?: boolean | undefined;
  readonly allowedHost?: readonly string[] | undefined;
}

/** `lenity serve`: until the process is told to end. */
export async function serve(options: ServeOptions): Promise<void> {
  const engine = await openEngine(options);
  try {
    engine.registry.create(options.policy); // a misspelt default is told now, not to the first client
    const served = { ...engine, policy: options.policy, draftTokens: options.draftTokens };
    const ending = new AbortController();
    const { host, apiKey: apiKeys, shareCache } = options;
    const { allowedHosts, warning } = exposureOf(host, options);
    const app = createServer({ models: [served], apiKeys, shareCache, allowedHosts, ending: ending.signal });
    const server = await listen(app.fetch, options);
    if (warning !== undefined) console.error(`warning: ${warning}`);
    console.log(`${engine.id} on ${server.url}
  policies  ${engine.registry.presets.map(({ name }) => name).join(", ")}
  try       curl -s ${server.url}/v1/chat/completions -H 'content-type: application/json' \\
              -d '{"messages":[{"role":"user","content":"Anna has 3 boxes with 4 apples in each. Then she gives 5 apples to Ben. How many apples are left?"}],"speculative":{"policy":"judi"}}'`);
    await toldToEnd();
    await endServer(server, ending);
  } catch (error) {
    if ((error as { code?: string }).code !== "EADDRINUSE") throw error;
    throw new LenityError(
      "invalid_request",
      `Port ${options.port} on ${options.host} is taken. Give another one with --port, or 0 for a free one.`,
      { cause: error },
    );
  } finally {
    await engine.close();
  }
}

/** Milliseconds in which signals count as one: what runs the command (npm, bun run) may pass on a Ctrl-C that the terminal sent to both. */
const echo = 300;

/** Resolves at the first signal that tells the process to end. At a second one it ends at once: nobody who signals again wants to wait. */
function toldToEnd(): Promise<void> {
  return new Promise((resolve) => {
    let first: number | undefined;
    const seen = () => {
      first ??= performance.now();
      if (performance.now() - first > echo) process.exit(1);
      resolve();
    };
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, seen);
  });
}

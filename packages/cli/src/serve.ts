import type { Policy } from "@lenity/core";
import { chosenSpeculation, createServer } from "@lenity/server";
import { listen } from "#listen";
import { endServer } from "./drain-server.ts";
import { onEndSignal } from "./end-signal.ts";
import { exposureOf } from "./exposure.ts";
import { listenRefusal } from "./listen-refusal.ts";
import { type LoadModelsOptions, loadModels } from "./load-models.ts";
import { print } from "./output.ts";

export interface ServeOptions extends LoadModelsOptions {
  readonly host: string;
  readonly port: number;
  readonly policy: Policy;
  readonly draftTokens?: number | undefined;
  readonly apiKey?: readonly string[] | undefined;
  readonly concurrency?: number | undefined;
  readonly queue?: number | undefined;
  readonly shareCache?: boolean | undefined;
  readonly allowedHost?: readonly string[] | undefined;
}

/** `lenity serve`: runs the server until a signal ends the process. */
export async function serve(options: ServeOptions): Promise<void> {
  const models = await loadModels(options, "messages");
  try {
    chosenSpeculation(options, models); // report a misspelt default now rather than to the first client
    const served = { ...models, policy: options.policy, draftTokens: options.draftTokens };
    const ending = new AbortController();
    const { host, apiKey: apiKeys, shareCache, concurrency, queue: maxQueue } = options;
    const { allowedHosts, warning } = exposureOf(host, options);
    const app = createServer({
      models: [served],
      ...{ apiKeys, shareCache, allowedHosts, concurrency, maxQueue, ending: ending.signal },
    });
    // Must come before the message that it listens, since a script may end it as soon as it reads that.
    const ended = new Promise<void>((resolve) => onEndSignal(resolve));
    const server = await listen(app.fetch, options).catch((cause) => {
      throw listenRefusal(cause, options);
    });
    if (warning !== undefined) console.error(`warning: ${warning}`);
    print(`${models.id} on ${server.url}
  policies  ${models.registry.presets.map(({ name }) => name).join(", ")}
  try       curl -s ${server.url}/v1/chat/completions -H 'content-type: application/json' \\
              -d '{"messages":[{"role":"user","content":"Anna has 3 boxes with 4 apples in each. Then she gives 5 apples to Ben. How many apples are left?"}],"speculative":{"policy":"judi"}}'`);
    await ended;
    await endServer(server, ending);
  } finally {
    await models.close();
  }
}

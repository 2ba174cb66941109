import { LenityError } from "@lenity/core";
import { chosenSpeculation, createServer, type LogEntry } from "@lenity/server";
import { listen } from "#listen";
import { endServer } from "./drain-server.ts";
import { onEndSignal } from "./end-signal.ts";
import { exposureOf } from "./exposure.ts";
import { listenRefusal } from "./listen-refusal.ts";
import type { LoadModelsOptions } from "./load-models.ts";
import { loadServed } from "./load-served.ts";
import { print } from "./output.ts";
import { type ServeSettings, serveSettings } from "./serve-settings.ts";

/** `lenity serve`: runs the server until a signal ends the process. */
export async function serve(flags: Readonly<Record<string, unknown>>): Promise<void> {
  const settings = await serveSettings(flags);
  const { host, port } = settings;
  const { allowedHosts, warning } = exposureOf(host, {
    ...{ keyed: settings.api_keys !== undefined, open: settings.public, allowedHosts: settings.allowed_hosts },
  });
  const models = await loadServed(loading(settings), "messages");
  try {
    const { policy, draft_tokens: draftTokens } = settings;
    chosenSpeculation({ policy, draftTokens }, models); // report a misspelt default now rather than to the first client
    const { max_tokens: maxTokens, max_draft_tokens: maxDraftTokens } = settings;
    const ending = new AbortController();
    const app = invalid(() =>
      createServer({
        models: [{ ...models, policy, draftTokens, maxTokens, maxDraftTokens }],
        ...{ apiKeys: settings.api_keys, shareCache: settings.share_cache, policies: settings.policies },
        ...{ allowedHosts, corsOrigins: settings.cors_origins, ending: ending.signal },
        ...{ concurrency: settings.concurrency, maxQueue: settings.queue, maxBodyBytes: settings.body_bytes },
        ...{ bodyTimeout: settings.body_timeout, answerTimeout: settings.answer_timeout },
        log: settings.access_log ? logLine : undefined,
      }),
    );
    // Must come before the message that it listens, since a script may end it as soon as it reads that.
    const ended = new Promise<void>((resolve) => onEndSignal(resolve));
    const server = await listen(app.fetch, { host, port }).catch((cause) => {
      throw listenRefusal(cause, settings);
    });
    if (warning !== undefined) console.error(`warning: ${warning}`);
    print(`${models.id} on ${server.url}
  policies  ${(settings.policies ?? models.registry.presets.map(({ name }) => name)).join(", ")}
  try       curl -s ${server.url}/v1/chat/completions -H 'content-type: application/json' \\
              -d '{"messages":[{"role":"user","content":"Anna has 3 boxes with 4 apples in each. Then she gives 5 apples to Ben. How many apples are left?"}],"speculative":{"policy":"judi"}}'`);
    await ended;
    await endServer(server, ending, settings.grace);
  } finally {
    await models.close();
  }
}

function loading(settings: ServeSettings): LoadModelsOptions {
  const { model, draft, dtype, file, device, context, judge, presets, plugins: plugin, engines } = settings;
  const { draft_dtype: draftDtype, cache_bytes: cacheBytes } = settings;
  const { target, target_model: targetModel } = settings;
  return {
    target,
    targetModel,
    model,
    draft,
    dtype,
    draftDtype,
    file,
    device,
    context,
    judge,
    presets,
    plugin,
    engines,
    cacheBytes,
  };
}

/** Errors of settings that only the server can check are the operator's, not the program's. */
function invalid<Value>(create: () => Value): Value {
  try {
    return create();
  } catch (cause) {
    if (!(cause instanceof RangeError || cause instanceof TypeError)) throw cause;
    throw new LenityError("invalid_request", cause.message, { cause });
  }
}

const logLine = (entry: LogEntry): void => console.error(JSON.stringify({ time: new Date().toISOString(), ...entry }));

/**
 * The chat server in a worker: on Cloudflare, and wherever else a module exports `fetch`. Without MODEL_URL a table
 * stands in for the target; with it, the target's logits come from there, and the table drafts for it.
 */
import { defaultRegistry, lookupDrafter, modelDrafter } from "@lenity/core";
import { createServer } from "@lenity/server";
import { remoteModel } from "./remote-model.ts";
import { chatTemplate, end, says, tokenizer } from "./table.ts";

interface Env {
  /** Where remote-model.ts finds the target. */
  readonly MODEL_URL?: string | undefined;
}

/** What Hono takes of a worker's context. */
type Context = NonNullable<Parameters<ReturnType<typeof createServer>["fetch"]>[2]>;

const draft = says("Drafted at the edge, verified by the worker.");

function create({ MODEL_URL: url }: Env): ReturnType<typeof createServer> {
  const target =
    url === undefined
      ? says("Drafted at the edge, verified by the target.")
      : remoteModel({ url, vocabulary: tokenizer.vocabulary, contextLength: 4096, eos: [end] });
  return createServer({
    concurrency: 100, // a remote model has a queue of its own
    models: [
      {
        id: "edge",
        target,
        tokenizer,
        chatTemplate,
        drafters: { model: () => modelDrafter(draft), lookup: () => lookupDrafter() },
        registry: defaultRegistry({ tokenizer }),
      },
    ],
  });
}

let server: ReturnType<typeof createServer> | undefined;

const worker: { fetch(request: Request, env: Env, context: Context): Response | Promise<Response> } = {
  // The context must be passed on: with it the server outlives a client that leaves, long enough to stop the model and
  // free its place.
  fetch: (request, env, context) => (server ??= create(env)).fetch(request, env, context),
};
export default worker;

/**
 * The chat server in a worker: on Cloudflare, or any runtime that serves a module's `fetch`. Without MODEL_URL the
 * target is a table; with it, the target's logits come from that URL, and the table drafts.
 */
import { defaultRegistry, lookupDrafter, modelDrafter } from "@lenity/core";
import { createServer } from "@lenity/server";
import { remoteModel } from "./remote-model.ts";
import { chatTemplate, end, modelSaying, tokenizer } from "./table.ts";

interface Env {
  /** The URL of the target for remote-model.ts. */
  readonly MODEL_URL?: string | undefined;
}

/** The worker's context, as Hono expects it. */
type Context = NonNullable<Parameters<ReturnType<typeof createServer>["fetch"]>[2]>;

const draft = modelSaying("Drafted at the edge, verified by the worker.");

function create({ MODEL_URL: url }: Env): ReturnType<typeof createServer> {
  const target =
    url === undefined
      ? modelSaying("Drafted at the edge, verified by the target.")
      : remoteModel({ url, vocabulary: tokenizer.vocabulary, contextLength: 4096, eos: [end] });
  return createServer({
    concurrency: 100, // the remote model has its own queue
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
  // The context must be passed on. With it, the server can stop the model and free its place after a client
  // disconnects.
  fetch: (request, env, context) => (server ??= create(env)).fetch(request, env, context),
};
export default worker;

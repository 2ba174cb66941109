/**
 * The chat server in a worker: on Cloudflare, or any runtime that serves a module's `fetch`. Without MODEL_URL the
 * target is a table, and another table drafts. With it the target is an engine at that address, and the text itself
 * drafts (prompt lookup), so that the worker holds no model at all.
 */
import { defaultRegistry, lookupDrafter, modelDrafter } from "@lenity/core";
import { loadChatTemplate, loadTokenizer } from "@lenity/onnx/web";
import { type EngineName, remoteModel } from "@lenity/remote";
import { createServer } from "@lenity/server";
import { chatTemplate, end, modelSaying, tokenizer } from "./table.ts";

interface Env {
  /** The address of the target's engine. */
  readonly MODEL_URL?: string | undefined;
  /** What listens there. Default: another lenity. */
  readonly MODEL_ENGINE?: EngineName | undefined;
  /** The key that it asks for. */
  readonly MODEL_KEY?: string | undefined;
  /** The URL of a folder with its model's tokenizer, chat template and config.json. Default: the table's. */
  readonly MODEL_FOLDER?: string | undefined;
}

/** The worker's context, as Hono expects it. */
type Context = NonNullable<Parameters<ReturnType<typeof createServer>["fetch"]>[2]>;

const draft = modelSaying("Drafted at the edge, verified by the worker.");

/** How the target's texts are written. */
async function textsOf(folder: string | undefined) {
  if (folder === undefined) return { tokenizer, chatTemplate, eos: [end] };
  const config = (await (await fetch(`${folder}/config.json`)).json()) as { eos_token_id: number | number[] };
  const [read, template] = await Promise.all([loadTokenizer(folder), loadChatTemplate(folder)]);
  return { tokenizer: read, chatTemplate: template, eos: [config.eos_token_id].flat() };
}

async function create({ MODEL_URL: url, MODEL_ENGINE: engine = "lenity", MODEL_KEY: key, MODEL_FOLDER: folder }: Env) {
  const { tokenizer, chatTemplate, eos } = await textsOf(url === undefined ? undefined : folder);
  const target =
    url === undefined
      ? modelSaying("Drafted at the edge, verified by the target.")
      : await remoteModel({ engine, url, key, tokens: tokenizer, eos });
  const lookup = () => lookupDrafter();
  return createServer({
    concurrency: 100, // the engine has its own queue
    models: [
      {
        id: "edge",
        target,
        tokenizer,
        chatTemplate,
        drafters: url === undefined ? { model: () => modelDrafter(draft), lookup } : { lookup },
        registry: defaultRegistry({ tokenizer }),
      },
    ],
  });
}

let server: ReturnType<typeof createServer> | undefined;

const worker: { fetch(request: Request, env: Env, context: Context): Promise<Response> } = {
  // The context must be passed on. With it, the server can stop the model and free its place after a client
  // disconnects.
  async fetch(request, env, context) {
    try {
      // Each request connects itself until one has: workers may not wait for what another request does.
      server ??= await create(env);
    } catch (error) {
      console.error(error);
      return Response.json(
        { error: { message: "The target cannot be reached.", code: "engine_failed" } },
        { status: 503 },
      );
    }
    return server.fetch(request, env, context);
  },
};
export default worker;

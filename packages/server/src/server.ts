import { type EngineState, type LanguageModel, LenityError } from "@lenity/core";
import { excerpt } from "@lenity/core/internal";
import { type Context, Hono } from "hono";
import { requestId } from "hono/request-id";
import { type AnswerEvents, begun, followed, outliving } from "./answer/answer-events.ts";
import { chunksOf, completionOf, type Envelope } from "./answer/completion.ts";
import { chatJobs, type Job } from "./answer/job.ts";
import { type WholeChoice, wholeChoices } from "./answer/pieces.ts";
import { createQueue, type Queue } from "./answer/queue.ts";
import { type ReadyModel, ready, unknownModel } from "./answer/ready-model.ts";
import { run } from "./answer/run.ts";
import { textChunksOf, textCompletionOf } from "./answer/text-completion.ts";
import { textWork } from "./answer/text-job.ts";
import { openApi } from "./description/openapi.ts";
import { onlyHosts } from "./http/allowed-hosts.ts";
import { ApiError, apiErrorOf, endingError } from "./http/api-error.ts";
import { bearerAuth, scopeOf } from "./http/auth.ts";
import { readJson } from "./http/body.ts";
import { refuseOtherMethods } from "./http/methods.ts";
import { pathOf } from "./http/request-path.ts";
import { eventStream } from "./http/sse.ts";
import type { AnswerRequest } from "./request/answer-fields.ts";
import { parseChatRequest } from "./request/chat-request.ts";
import { parseCompletionRequest } from "./request/completion-request.ts";
import { ignoredHeader } from "./request/other-fields.ts";
import { policyList } from "./routes/policies.ts";
import { detokenized, tokenized } from "./routes/tokens.ts";
import type { ServedModel } from "./served-model.ts";

export interface ServerOptions {
  /** At least one; the first answers requests that name none. */
  readonly models: readonly ServedModel[];
  /** Keys for /v1. Default: no key needed. */
  readonly apiKeys?: readonly string[] | undefined;
  /**
   * Whether requests may reuse cached prompts of other keys. Faster if prompts of different keys have the same
   * beginning, but `cached_tokens` then reveals what others have asked. Default: false.
   */
  readonly shareCache?: boolean | undefined;
  /**
   * Host names that requests may use for this server, without a port, besides loopback names; others get 403. For
   * servers without a key that only this machine should reach, because a web page can point its own host name at this
   * machine. Default: all.
   */
  readonly allowedHosts?: readonly string[] | undefined;
  /** The largest body of a request. Default 4 MiB. */
  readonly maxBodyBytes?: number | undefined;
  /** Milliseconds for receiving a request's body. Default 60 000. */
  readonly bodyTimeout?: number | undefined;
  /** Answers that decode at the same time. Default: the highest number of engines of a model. */
  readonly concurrency?: number | undefined;
  /** Requests that may wait for their turn; further ones get 429. Default 64. */
  readonly maxQueue?: number | undefined;
  /** When it aborts, open and new requests fail with status 503: for a server that is shutting down. */
  readonly ending?: AbortSignal | undefined;
  /** Called with every error that is the server's fault (status 500 and 503). Default: console.error. */
  readonly onFailure?: ((error: unknown, requestId: string) => void) | undefined;
}

/**
 * Creates an OpenAI-compatible chat server, an app with `fetch(request)`. Throws for models it cannot serve; opens no
 * port.
 */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: all routes in one place.
export function createServer(options: ServerOptions): Hono {
  const {
    apiKeys,
    shareCache = false,
    allowedHosts,
    maxBodyBytes = 4 * 1024 * 1024,
    bodyTimeout = 60_000,
    maxQueue = 64,
    ending,
    onFailure = logFailure,
  } = options;
  const { concurrency = Math.max(1, ...options.models.map(({ target }) => target.engines?.length ?? 1)) } = options;
  if (!(concurrency >= 1 && maxQueue >= 0)) {
    throw new RangeError(
      `concurrency is ${concurrency} and maxQueue is ${maxQueue}; expected at least 1 and at least 0.`,
    );
  }
  const models = new Map(options.models.map((model) => [model.id, ready(model)]));
  if (models.size === 0 || models.size < options.models.length)
    throw new TypeError(
      "models is empty, or two models have the same id; expected at least one model, with unique ids.",
    );
  const queue = createQueue(concurrency, maxQueue);
  const created = now();

  const open = new Set<AbortController>();
  ending?.addEventListener("abort", () => {
    for (const request of open) request.abort(ending.reason);
  });

  const failed = (error: unknown, c: Context): ApiError => {
    // A shutdown is not a failure, so it is not reported.
    if (ending?.aborted === true && error instanceof LenityError && error.code === "aborted") return endingError(error);
    const answer = apiErrorOf(error);
    if (answer.status >= 500) onFailure(answer.cause ?? answer, c.get("requestId"));
    return answer;
  };
  const app = new Hono({ getPath: pathOf });
  app.use(requestId());
  app.onError((error, c) => {
    const { body, status, headers } = failed(error, c);
    return Response.json(body, { status, headers: { ...headers, "x-request-id": c.get("requestId") } });
  });
  app.notFound((c) => {
    throw new ApiError(404, `${c.req.method} ${excerpt(c.req.path)} does not exist. Try POST /v1/chat/completions.`, {
      code: "not_found",
    });
  });

  if (allowedHosts !== undefined) app.use(onlyHosts(allowedHosts));
  app.get("/health", (c) => {
    const health = healthOf(models, queue);
    return c.json(health, health.status === "ok" ? 200 : 503);
  });
  if (apiKeys !== undefined) {
    const auth = bearerAuth(apiKeys);
    for (const path of ["/v1/*", "/tokenize", "/detokenize"]) app.use(path, auth);
  }

  const entry = (id: string) => ({ id, object: "model", created, owned_by: "lenity" });
  app.get("/v1/models", (c) => c.json({ object: "list", data: [...models.keys()].map(entry) }));
  app.get("/v1/policies", (c) => {
    const id = c.req.query("model") ?? models.keys().next().value ?? "";
    const model = models.get(id);
    if (model === undefined) throw unknownModel(id, models);
    return c.json(policyList(model.registry));
  });
  app.get("/v1/models/:id{.+}", (c) => {
    const id = c.req.param("id");
    if (!models.has(id)) throw unknownModel(id, models);
    return c.json(entry(id));
  });

  const bodyOf = (c: Context): Promise<unknown> => readJson(c.req.raw, maxBodyBytes, bodyTimeout);
  const scope = (c: Context): string | undefined => (shareCache ? undefined : scopeOf(c));
  /** Generates the answers of a request and sends them in its format, whole or as a stream. */
  const answer = async (
    c: Context,
    request: AnswerRequest,
    jobs: readonly Job[],
    format: Format,
  ): Promise<Response> => {
    if (request.ignored.length > 0) c.header("x-lenity-ignored-fields", ignoredHeader(request.ignored));
    const id = `${format.prefix}-${crypto.randomUUID()}`;
    const envelope: Envelope = { id, created: now(), model: jobs[0]?.model.id ?? "" };
    if (ending?.aborted === true) throw new LenityError("aborted", "The server is shutting down.");
    const stop = followed(c.req.raw.signal);
    open.add(stop);
    const events = outliving(run(jobs, queue, stop.signal), c, () => open.delete(stop));
    if (request.stream !== true) return c.json(format.whole(await wholeChoices(events, jobs), envelope));

    const started = await begun(events); // errors before the first token get a status
    const chunks = format.chunks(started, envelope, request.stream_options?.include_usage === true);
    const body = eventStream(chunks, { onCancel: () => stop.abort(), onError: (error) => failed(error, c).body });
    return c.body(body, 200, streamHeaders);
  };
  app.post("/v1/chat/completions", async (c) => {
    const request = parseChatRequest(await bodyOf(c));
    const jobs = await queue.prepare(() => chatJobs(request, models, scope(c)));
    return answer(c, request, jobs, {
      prefix: "chatcmpl",
      whole: (choices, envelope) => completionOf(choices, jobs, envelope),
      chunks: (events, envelope, includeUsage) => chunksOf(events, jobs, envelope, includeUsage),
    });
  });
  app.post("/v1/completions", async (c) => {
    const request = parseCompletionRequest(await bodyOf(c));
    const work = await queue.prepare(() => textWork(request, models, scope(c)));
    return answer(c, request, work.jobs, {
      prefix: "cmpl",
      whole: (choices, envelope) => textCompletionOf(choices, work, envelope),
      chunks: (events, envelope, includeUsage) => textChunksOf(events, work, envelope, includeUsage),
    });
  });
  app.get("/openapi.json", (c) => c.json(openApi()));
  app.post("/tokenize", async (c) => {
    const body = await bodyOf(c);
    return c.json(await queue.prepare(() => tokenized(body, models)));
  });
  app.post("/detokenize", async (c) => c.json(detokenized(await bodyOf(c), models)));
  refuseOtherMethods(app);
  return app;
}

/** How the answers of one request are written. */
interface Format {
  /** Of the answer's id. */
  readonly prefix: string;
  whole(choices: readonly WholeChoice[], envelope: Envelope): object;
  chunks(events: AnswerEvents, envelope: Envelope, includeUsage: boolean): AsyncIterable<object>;
}

/** Proxies must neither cache nor buffer the stream. */
const streamHeaders = {
  "content-type": "text/event-stream; charset=utf-8",
  "cache-control": "no-cache",
  "x-accel-buffering": "no",
};

const now = (): number => Math.floor(Date.now() / 1000);

const logFailure = (error: unknown, id: string): void => console.error(`Request ${id} failed:`, error);

/** "failed": a model has no working engine, and only a restart of the process helps. */
function healthOf(models: ReadonlyMap<string, ReadyModel>, { active, waiting }: Queue) {
  const enginesOf = ({ engines }: LanguageModel) =>
    engines?.map(({ keptBytes, ...state }) => ({ ...state, kept_bytes: keptBytes }));
  const modelOf = ({ id, registry, drafters, target, draft }: ReadyModel) => ({
    id,
    context_length: target.contextLength,
    policies: registry.presets.map(({ name }) => name),
    verifiers: registry.plugins.map(({ name }) => name),
    drafters: Object.keys(drafters),
    device: target.device,
    draft_device: draft?.device,
    engines: enginesOf(target),
    draft_engines: draft === undefined ? undefined : enginesOf(draft),
  });
  const all = [...models.values()];
  const failed = all
    .flatMap(({ target, draft }) => [target.engines, draft?.engines])
    .some((engines) => engines?.every(isFailed));
  return { status: failed ? "failed" : "ok", models: all.map(modelOf), queue: { active, waiting } };
}

const isFailed = ({ state }: EngineState): boolean => state === "failed";

import { LenityError } from "@lenity/core";
import { excerpt } from "@lenity/core/internal";
import { type Context, Hono } from "hono";
import { cors } from "hono/cors";
import { requestId } from "hono/request-id";
import { type AnswerEvents, begun, followed, outliving, timed } from "./answer/answer-events.ts";
import { chunksOf, completionOf, type Envelope } from "./answer/completion.ts";
import { chatJobs, type Job } from "./answer/job.ts";
import { type WholeChoice, wholeChoices } from "./answer/pieces.ts";
import { createQueue } from "./answer/queue.ts";
import { type ReadyModel, ready, unknownModel } from "./answer/ready-model.ts";
import { run } from "./answer/run.ts";
import { textChunksOf, textCompletionOf } from "./answer/text-completion.ts";
import { textWork } from "./answer/text-job.ts";
import { openApi } from "./description/openapi.ts";
import { onlyHosts } from "./http/allowed-hosts.ts";
import { ApiError, apiErrorOf, endingError } from "./http/api-error.ts";
import { bearerAuth, namedKeys, scopeOf } from "./http/auth.ts";
import { readJson } from "./http/body.ts";
import { refuseOtherMethods } from "./http/methods.ts";
import { pathOf } from "./http/request-path.ts";
import { eventStream } from "./http/sse.ts";
import { healthOf, isReady } from "./operation/health.ts";
import { tally } from "./operation/tally.ts";
import { withPolicies } from "./request/allowed-policies.ts";
import type { AnswerRequest } from "./request/answer-fields.ts";
import { parseChatRequest } from "./request/chat-request.ts";
import { parseCompletionRequest } from "./request/completion-request.ts";
import { ignoredHeader } from "./request/other-fields.ts";
import { modelEntry } from "./routes/models.ts";
import { policyList } from "./routes/policies.ts";
import { detokenized, parseDetokenizeRequest, parseTokenizeRequest, tokenized } from "./routes/tokens.ts";
import type { ServedModel } from "./served-model.ts";
import type { ServerOptions } from "./server-options.ts";

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
    heartbeat = 5000,
    answerTimeout,
    corsOrigins = [],
    log = () => {},
    ending,
    onFailure = logFailure,
  } = options;
  const { concurrency = Math.max(1, ...options.models.map(placesOf)) } = options;
  if (!(concurrency >= 1 && maxQueue >= 0)) {
    throw new RangeError(
      `concurrency is ${concurrency} and maxQueue is ${maxQueue}; expected at least 1 and at least 0.`,
    );
  }
  const keys = apiKeys === undefined ? [] : namedKeys(apiKeys);
  const allowed = options.models.map((model) => withPolicies(model, options.policies));
  const models = new Map(allowed.map((model) => [model.id, ready(model)]));
  /** The models as the requests of a key see them. */
  const modelsOfKey = new Map(
    keys.map(({ name, policies }) => {
      const limited = policies === undefined ? allowed : allowed.map((model) => withPolicies(model, policies));
      return [name, policies === undefined ? models : new Map(limited.map((model) => [model.id, ready(model)]))];
    }),
  );
  const modelsFor = (c: Context) => modelsOfKey.get(scopeOf(c) ?? "") ?? models;
  if (models.size === 0 || models.size < options.models.length)
    throw new TypeError(
      "models is empty, or two models have the same id; expected at least one model, with unique ids.",
    );
  const queue = createQueue(concurrency, maxQueue);
  const created = now();
  const done = tally(log);

  const open = new Set<AbortController>();
  ending?.addEventListener("abort", () => {
    for (const request of open) request.abort(ending.reason);
  });

  const failed = (error: unknown, c: Context): ApiError => {
    // A shutdown is not a failure, so it is not reported.
    if (ending?.aborted === true && error instanceof LenityError && error.code === "aborted") return endingError(error);
    const answer = apiErrorOf(error);
    done.failed(answer.status, answer.body.error.code);
    if (answer.status >= 500) onFailure(answer.cause ?? answer, c.get("requestId"));
    return answer;
  };
  const app = new Hono({ getPath: pathOf });
  app.use(requestId());
  app.use(async (c, next) => {
    const began = performance.now();
    await next();
    const ms = Math.round((performance.now() - began) * 10) / 10;
    const { method, path } = c.req;
    log({
      ...{ event: "request", request_id: c.get("requestId"), method, path: excerpt(path) },
      ...{ status: c.res.status, ms, key: scopeOf(c) },
    });
  });
  if (corsOrigins.length > 0) {
    const exposeHeaders = ["x-request-id", "x-lenity-ignored-fields", "retry-after"];
    const origin = corsOrigins.includes("*") ? "*" : [...corsOrigins];
    app.use(cors({ origin, exposeHeaders, allowMethods: ["GET", "HEAD", "POST"], maxAge: 600 }));
  }
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
  app.get("/health/live", (c) => c.json({ status: "ok" }));
  app.get("/health/ready", (c) => {
    const status = ending?.aborted === true ? "ending" : isReady(models) ? "ok" : "starting";
    return c.json({ status }, status === "ok" ? 200 : 503);
  });
  app.get("/metrics", (c) => c.body(done.text(models, queue), 200, { "content-type": "text/plain; version=0.0.4" }));
  if (apiKeys !== undefined) {
    const auth = bearerAuth(keys);
    for (const path of ["/v1/*", "/tokenize", "/detokenize"]) app.use(path, auth);
  }

  const entry = (model: ReadyModel) => modelEntry(model, created);
  app.get("/v1/models", (c) => c.json({ object: "list", data: [...modelsFor(c).values()].map(entry) }));
  app.get("/v1/policies", (c) => {
    const id = c.req.query("model") ?? models.keys().next().value ?? "";
    const model = modelsFor(c).get(id);
    if (model === undefined) throw unknownModel(id, models);
    return c.json(policyList(model.registry));
  });
  app.get("/v1/models/:id{.+}", (c) => {
    const id = c.req.param("id");
    const model = modelsFor(c).get(id);
    if (model === undefined) throw unknownModel(id, models);
    return c.json(entry(model));
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
    tellIgnored(c, request);
    const id = `${format.prefix}-${crypto.randomUUID()}`;
    const envelope: Envelope = { id, created: now(), model: jobs[0]?.model.id ?? "" };
    if (ending?.aborted === true) throw new LenityError("aborted", "The server is shutting down.");
    const stop = followed(c.req.raw.signal);
    open.add(stop);
    const answers = timed(run(jobs, queue, stop.signal), { time: answerTimeout, stop, error: tooLong });
    const events = outliving(done.counted(answers, jobs, c.get("requestId")), c, () => open.delete(stop));
    if (request.stream !== true) return c.json(format.whole(await wholeChoices(events, jobs), envelope));

    const started = await begun(events, patience); // errors before the first token get a status
    const chunks = format.chunks(started, envelope, request.stream_options?.include_usage === true);
    const body = eventStream(chunks, {
      onCancel: () => stop.abort(),
      onError: (error) => failed(error, c).body,
      heartbeat,
    });
    return c.body(body, 200, streamHeaders);
  };
  app.post("/v1/chat/completions", async (c) => {
    const request = parseChatRequest(await bodyOf(c));
    const jobs = await queue.prepare(() => chatJobs(request, modelsFor(c), scope(c)));
    return answer(c, request, jobs, {
      prefix: "chatcmpl",
      whole: (choices, envelope) => completionOf(choices, jobs, envelope),
      chunks: (events, envelope, includeUsage) => chunksOf(events, jobs, envelope, includeUsage),
    });
  });
  app.post("/v1/completions", async (c) => {
    const request = parseCompletionRequest(await bodyOf(c));
    const work = await queue.prepare(() => textWork(request, modelsFor(c), scope(c)));
    return answer(c, request, work.jobs, {
      prefix: "cmpl",
      whole: (choices, envelope) => textCompletionOf(choices, work, envelope),
      chunks: (events, envelope, includeUsage) => textChunksOf(events, work, envelope, includeUsage),
    });
  });
  app.get("/openapi.json", (c) => c.json(openApi()));
  app.post("/tokenize", async (c) => {
    const request = parseTokenizeRequest(await bodyOf(c));
    tellIgnored(c, request);
    return c.json(await queue.prepare(() => tokenized(request, modelsFor(c))));
  });
  app.post("/detokenize", async (c) => {
    const request = parseDetokenizeRequest(await bodyOf(c));
    tellIgnored(c, request);
    return c.json(detokenized(request, modelsFor(c)));
  });
  refuseOtherMethods(app);
  return app;
}

/** Names the fields that had no effect in a header. */
function tellIgnored(c: Context, { ignored }: { readonly ignored: readonly string[] }): void {
  if (ignored.length > 0) c.header("x-lenity-ignored-fields", ignoredHeader(ignored));
}

/** How the answers of one request are written. */
interface Format {
  /** Of the answer's id. */
  readonly prefix: string;
  whole(choices: readonly WholeChoice[], envelope: Envelope): object;
  chunks(events: AnswerEvents, envelope: Envelope, includeUsage: boolean): AsyncIterable<object>;
}

/**
 * Milliseconds that a stream waits for its first token, so that an error can still have a status. A client that waits
 * longer gets the headers, and errors in the stream.
 */
const patience = 100;

const tooLong = new ApiError(
  503,
  "The answer took longer than this server allows. Ask for fewer tokens, or send the request again later.",
  { code: "answer_timeout", headers: { "retry-after": "1" } },
);

/** How many answers of the model can decode at the same time. */
const placesOf = ({ target, draft }: ServedModel): number =>
  Math.min(target.places ?? target.engines?.length ?? 1, draft?.places ?? Number.POSITIVE_INFINITY);

/** Proxies must neither cache nor buffer the stream. */
const streamHeaders = {
  "content-type": "text/event-stream; charset=utf-8",
  "cache-control": "no-cache",
  "x-accel-buffering": "no",
};

const now = (): number => Math.floor(Date.now() / 1000);

const logFailure = (error: unknown, id: string): void => console.error(`Request ${id} failed:`, error);

import { LenityError } from "@lenity/core";
import { excerpt } from "@lenity/core/internal";
import { type Context, Hono } from "hono";
import { cors } from "hono/cors";
import { requestId } from "hono/request-id";
import { begun, followed, outliving, timed } from "./answer/answer-events.ts";
import { chunksOf, completionOf, type Envelope } from "./answer/completion.ts";
import { chatJobs } from "./answer/job.ts";
import { wholeChoices } from "./answer/pieces.ts";
import { createQueue } from "./answer/queue.ts";
import { type ReadyModel, ready, unknownModel } from "./answer/ready-model.ts";
import { run } from "./answer/run.ts";
import { onlyHosts } from "./http/allowed-hosts.ts";
import { ApiError, apiErrorOf, endingError } from "./http/api-error.ts";
import { type ApiKey, bearerAuth, namedKeys, scopeOf } from "./http/auth.ts";
import { readJson } from "./http/body.ts";
import { refuseOtherMethods } from "./http/methods.ts";
import { pathOf } from "./http/request-path.ts";
import { eventStream } from "./http/sse.ts";
import { healthOf, isReady } from "./operation/health.ts";
import type { LogEntry } from "./operation/log-entry.ts";
import { tally } from "./operation/tally.ts";
import { withPolicies } from "./request/allowed-policies.ts";
import { parseChatRequest } from "./request/chat-request.ts";
import { ignoredHeader } from "./request/other-fields.ts";
import { modelEntry } from "./routes/models.ts";
import { policyList } from "./routes/policies.ts";
import type { ServedModel } from "./served-model.ts";

export interface ServerOptions {
  /** At least one; the first answers requests that name none. */
  readonly models: readonly ServedModel[];
  /** Keys for /v1, each with a name and the policies it may use, if not all. Default: no key needed. */
  readonly apiKeys?: readonly (string | ApiKey)[] | undefined;
  /** The presets and verifiers that requests may use. Default: all of each model's registry. */
  readonly policies?: readonly string[] | undefined;
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
  /** Milliseconds for an answer, waiting included; one that takes longer fails with 503. Default: no limit. */
  readonly answerTimeout?: number | undefined;
  /** Origins of web pages that may read responses, such as https://example.org; "*" for all. Default: none. */
  readonly corsOrigins?: readonly string[] | undefined;
  /** Gets an entry for each response and each finished answer, without any text. Default: no log. */
  readonly log?: ((entry: LogEntry) => void) | undefined;
  /** Answers that decode at the same time, taking turns. Default: as many as a model has places, or else engines. */
  readonly concurrency?: number | undefined;
  /** Milliseconds after which a stream that has nothing to send gets a comment, so that nobody cuts it. Default 5000. */
  readonly heartbeat?: number | undefined;
  /** Requests that may wait for a place; further ones get 429. Default 64. */
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
    app.use(cors({ origin: corsOrigins.includes("*") ? "*" : [...corsOrigins], exposeHeaders }));
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
  if (apiKeys !== undefined) app.use("/v1/*", bearerAuth(keys));

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

  app.post("/v1/chat/completions", async (c) => {
    const request = parseChatRequest(await readJson(c.req.raw, maxBodyBytes, bodyTimeout));
    const jobs = await queue.prepare(() => chatJobs(request, modelsFor(c), shareCache ? undefined : scopeOf(c)));
    if (request.ignored.length > 0) c.header("x-lenity-ignored-fields", ignoredHeader(request.ignored));
    const envelope: Envelope = {
      id: `chatcmpl-${crypto.randomUUID()}`,
      created: now(),
      model: jobs[0]?.model.id ?? "",
    };
    if (ending?.aborted === true) throw new LenityError("aborted", "The server is shutting down.");
    const stop = followed(c.req.raw.signal);
    open.add(stop);
    const answers = timed(run(jobs, queue, stop.signal), { time: answerTimeout, stop, error: tooLong });
    const events = outliving(done.counted(answers, jobs, c.get("requestId")), c, () => open.delete(stop));
    if (request.stream !== true) return c.json(completionOf(await wholeChoices(events, jobs), jobs, envelope));

    const started = await begun(events, patience); // errors before the first token get a status
    const chunks = chunksOf(started, jobs, envelope, request.stream_options?.include_usage === true);
    const body = eventStream(chunks, {
      onCancel: () => stop.abort(),
      onError: (error) => failed(error, c).body,
      heartbeat,
    });
    return c.body(body, 200, streamHeaders);
  });
  refuseOtherMethods(app);
  return app;
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

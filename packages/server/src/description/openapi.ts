import type * as v from "valibot";
import { chatSchema } from "../request/chat-request.ts";
import { completionSchema } from "../request/completion-request.ts";
import { detokenizeSchema, tokenizeSchema } from "../routes/tokens.ts";
import * as answers from "./answer-schemas.ts";
import { fieldNotes } from "./field-notes.ts";
import { type JsonSchema, jsonSchema } from "./json-schema.ts";

/** A description of the API (OpenAPI 3.1), made from the schemas that check the requests. */
export interface OpenApi {
  readonly openapi: "3.1.0";
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly security: readonly object[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, JsonSchema>>;
    readonly responses: object;
    readonly securitySchemes: object;
  };
}

const requests: Readonly<Record<string, v.GenericSchema>> = {
  ChatCompletionRequest: chatSchema,
  CompletionRequest: completionSchema,
  TokenizeRequest: tokenizeSchema,
  DetokenizeRequest: detokenizeSchema,
};

const answered: Readonly<Record<string, v.GenericSchema>> = {
  ChatCompletion: answers.chatCompletion,
  ChatCompletionChunk: answers.chatChunk,
  Completion: answers.textCompletion,
  Tokens: answers.tokenizeAnswer,
  Text: answers.detokenizeAnswer,
  Model: answers.modelEntry,
  ModelList: answers.modelList,
  PolicyList: answers.policyList,
  Health: answers.health,
  Liveness: answers.liveness,
  Error: answers.errorBody,
};

const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });
const json = (name: string) => ({ "application/json": { schema: ref(name) } });

/** The body of a request, whose other fields are ignored and listed in a header, or refused by name. */
function described(schema: v.GenericSchema): JsonSchema {
  const whole = jsonSchema(schema);
  const properties = Object.entries(whole["properties"] as Readonly<Record<string, JsonSchema>>);
  const noted = properties.map(([name, property]) => [name, { ...property, description: fieldNotes[name] }]);
  return { ...whole, properties: Object.fromEntries(noted), additionalProperties: true };
}

interface Route {
  readonly summary: string;
  readonly answer: string;
  readonly request?: string | undefined;
  /** What a stream consists of. */
  readonly chunk?: string | undefined;
  readonly parameters?: readonly object[] | undefined;
  /** Whether anyone may call it, without a key. */
  readonly open?: boolean | undefined;
}

function operation({ summary, answer, request, chunk, parameters, open }: Route): object {
  const events = chunk && {
    "text/event-stream": {
      schema: {
        description: "Each event has one of these as JSON. The last is [DONE], or an Error if the answer failed.",
        anyOf: [ref(chunk), ref("Error")],
      },
    },
  };
  return {
    summary,
    parameters,
    requestBody: request === undefined ? undefined : { required: true, content: json(request) },
    responses: {
      200: { description: "The answer.", content: { ...json(answer), ...events } },
      503: open === true ? { description: "The same: it cannot answer.", content: json(answer) } : undefined,
      default: { $ref: "#/components/responses/Error" },
    },
    security: open === true ? [] : undefined,
  };
}

const prometheus = {
  description: "Prometheus' text format.",
  content: { "text/plain": { schema: { type: "string" } } },
};
const chat = { request: "ChatCompletionRequest", answer: "ChatCompletion", chunk: "ChatCompletionChunk" };
const inPath = { name: "id", in: "path", required: true, schema: { type: "string" } };
const inQuery = { name: "model", in: "query", required: false, schema: { type: "string" } };
const routes: Readonly<Record<string, Readonly<Record<string, Route>>>> = {
  "/v1/chat/completions": { post: { summary: "Answers a conversation.", ...chat } },
  "/v1/completions": {
    post: { summary: "Continues a text.", request: "CompletionRequest", answer: "Completion", chunk: "Completion" },
  },
  "/v1/models": { get: { summary: "The models.", answer: "ModelList" } },
  "/v1/models/{id}": { get: { summary: "One model.", answer: "Model", parameters: [inPath] } },
  "/v1/policies": {
    get: { summary: "What `speculative.policy` may be.", answer: "PolicyList", parameters: [inQuery] },
  },
  "/tokenize": { post: { summary: "Text or messages to tokens.", request: "TokenizeRequest", answer: "Tokens" } },
  "/detokenize": { post: { summary: "Tokens to text.", request: "DetokenizeRequest", answer: "Text" } },
  "/health": { get: { summary: "Whether the engines run; 503 if not.", answer: "Health", open: true } },
  "/health/live": { get: { summary: "Whether the process answers.", answer: "Liveness", open: true } },
  "/health/ready": {
    get: { summary: "Whether requests are answered at once; 503 if not.", answer: "Liveness", open: true },
  },
};

let made: OpenApi | undefined;

/** The description, made when it is first asked for. */
export function openApi(): OpenApi {
  made ??= {
    openapi: "3.1.0",
    info: {
      title: "lenity",
      version: "1",
      description:
        "OpenAI's API with an acceptance rule for drafted tokens in each request. Every path is found with and without /v1.",
    },
    security: [{}, { key: [] }],
    paths: {
      ...Object.fromEntries(
        Object.entries(routes).map(([path, methods]) => [
          path,
          Object.fromEntries(Object.entries(methods).map(([method, route]) => [method, operation(route)])),
        ]),
      ),
      "/metrics": { get: { summary: "Figures for Prometheus.", security: [], responses: { 200: prometheus } } },
      "/openapi.json": { get: { summary: "This description.", responses: { 200: { description: "OpenAPI 3.1." } } } },
    },
    components: {
      schemas: {
        ...Object.fromEntries(Object.entries(requests).map(([name, schema]) => [name, described(schema)])),
        ...Object.fromEntries(Object.entries(answered).map(([name, schema]) => [name, jsonSchema(schema)])),
      },
      responses: {
        Error: {
          description: "A failure. `param` names the field at fault, `code` what is wrong.",
          content: json("Error"),
        },
      },
      securitySchemes: { key: { type: "http", scheme: "bearer" } },
    },
  };
  return made;
}

/** A `fetch` for clients under test: it holds what is sent and answered against the server's own `/openapi.json`. */
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";

type Fetch = (...given: Parameters<typeof fetch>) => Promise<Response>;
type Schema = Readonly<Record<string, unknown>>;
interface Described {
  readonly content?: Readonly<Record<string, { readonly schema?: Schema }>>;
  readonly $ref?: string;
}
interface Operation {
  readonly requestBody?: Described;
  readonly responses: Readonly<Record<string, Described>>;
}
interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly responses: Readonly<Record<string, Described>> };
}

/** What was sent and answered: the body, or the chunks of a stream. */
export interface Exchange {
  readonly path: string;
  readonly status: number;
  readonly sent: unknown;
  readonly bodies: unknown[];
}

export interface DescribedFetch {
  readonly fetch: Fetch;
  readonly exchanges: Exchange[];
  /** Where something differed from the description. */
  readonly differences: string[];
}

/** Loads the description from the server. `inner` sends the requests. */
export async function describedFetch(url: string, inner: Fetch = fetch): Promise<DescribedFetch> {
  const document = (await (await inner(`${url}/openapi.json`)).json()) as OpenApi;
  const compare = comparing(document);
  const exchanges: Exchange[] = [];
  const differences: string[] = [];
  return {
    exchanges,
    differences,
    async fetch(input, init) {
      const request = new Request(input as Request, init);
      const text = await request.clone().text();
      const response = await inner(request);
      const { pathname } = new URL(request.url);
      const name = `${request.method} ${pathname} ${response.status}`;
      const operation = operationOf(document, pathname, request.method.toLowerCase());
      const sent = text === "" ? undefined : JSON.parse(text);
      const exchange: Exchange = { path: pathname, status: response.status, sent, bodies: [] };
      exchanges.push(exchange);
      const check = (described: Described | undefined, type: string, value: unknown) => {
        const found = compare(described, type, value);
        if (found !== undefined) differences.push(`${name}: ${found} in ${JSON.stringify(value).slice(0, 500)}`);
      };
      if (response.ok && sent !== undefined) check(operation?.requestBody, "application/json", sent);
      const answer = operation?.responses[response.status] ?? operation?.responses["default"];
      return reading(response, (type, value) => {
        exchange.bodies.push(value);
        check(answer, type, value);
      });
    },
  };
}

/** The operation of a path, which may begin with /v1 or not. In its template, names are in braces. */
function operationOf({ paths }: OpenApi, path: string, method: string): Operation | undefined {
  const spellings = [path, path.replace(/^\/v1/, ""), `/v1${path}`];
  const literal = spellings.find((spelling) => Object.hasOwn(paths, spelling));
  const matches = (template: string) => new RegExp(`^${template.replaceAll(/\{\w+\}/g, ".+")}$`).test(path);
  return paths[literal ?? Object.keys(paths).find(matches) ?? ""]?.[method];
}

/** Tells how a value differs from what is described; undefined if it does not. */
function comparing({ components }: OpenApi) {
  const ajv = new Ajv2020({ strict: true, strictTypes: false, allErrors: true });
  ajv.addVocabulary(["components"]);
  const validators = new Map<Schema, ValidateFunction>();
  return (described: Described | undefined, type: string, value: unknown): string | undefined => {
    const named = described?.$ref?.split("/").at(-1);
    const schema = (named === undefined ? described : components.responses[named])?.content?.[type]?.schema;
    if (schema === undefined) return `nothing is described as ${type}`;
    const validate = validators.get(schema) ?? ajv.compile({ ...schema, components });
    validators.set(schema, validate);
    return validate(value) ? undefined : ajv.errorsText(validate.errors);
  };
}

/** The response, of which each body or event is told as it is read. */
async function reading(response: Response, tell: (type: string, value: unknown) => void): Promise<Response> {
  const [type = ""] = (response.headers.get("content-type") ?? "").split(";");
  if (type !== "text/event-stream") {
    const text = await response.clone().text();
    tell(type, type === "application/json" ? JSON.parse(text) : text);
    return response;
  }
  const decoder = new TextDecoder();
  let rest = "";
  const watch = new TransformStream<Uint8Array, Uint8Array>({
    transform(bytes, controller) {
      const events = (rest + decoder.decode(bytes, { stream: true })).split("\n\n");
      rest = events.pop() ?? "";
      for (const event of events) {
        if (event.startsWith(":") || event === "data: [DONE]") continue;
        tell(type, JSON.parse(event.replace(/^data: /, "")));
      }
      controller.enqueue(bytes);
    },
  });
  return new Response(response.body?.pipeThrough(watch), response);
}

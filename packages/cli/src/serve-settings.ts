/**
 * The settings of `lenity serve`, from flags, the environment and a file, in this order of precedence. One schema says
 * what there is: `max_tokens` in the file is LENITY_MAX_TOKENS in the environment and --max-tokens among the flags.
 */
import { readFile } from "node:fs/promises";
import { LenityError, type Policy } from "@lenity/core";
import { didYouMean, expectation, quoted, shown } from "@lenity/core/internal";
import { type DeviceOption, type Dtype, deviceOptions, dtypes } from "@lenity/onnx";
import type { ApiKey } from "@lenity/server";
import * as v from "valibot";

const text = v.pipe(v.string(), v.nonEmpty());
const texts = v.array(text);
const whole = (least: number, most = Number.MAX_SAFE_INTEGER) =>
  v.pipe(v.number(), v.integer(), v.minValue(least), v.maxValue(most));
const policy = v.union([text, v.looseObject({ type: text })]);
const key = v.union([text, v.strictObject({ key: text, name: v.optional(text), policies: v.optional(texts) })]);

/** Times are in milliseconds. Optional settings have their defaults elsewhere. */
export interface ServeSettings {
  readonly target?: string | undefined;
  readonly target_model?: string | undefined;
  readonly model?: string | undefined;
  readonly draft?: string | undefined;
  readonly dtype?: Dtype | undefined;
  readonly draft_dtype?: Dtype | undefined;
  readonly file?: string | undefined;
  readonly device?: DeviceOption | undefined;
  readonly context?: number | undefined;
  readonly judge?: string | undefined;
  readonly presets?: readonly string[] | undefined;
  readonly plugins?: readonly string[] | undefined;
  readonly host: string;
  readonly port: number;
  readonly public: boolean;
  readonly allowed_hosts?: readonly string[] | undefined;
  readonly cors_origins?: readonly string[] | undefined;
  readonly api_keys?: readonly (string | ApiKey)[] | undefined;
  readonly keys_file?: string | undefined;
  readonly share_cache: boolean;
  readonly policy: Policy;
  readonly policies?: readonly string[] | undefined;
  readonly draft_tokens?: number | "auto" | undefined;
  readonly max_draft_tokens?: number | undefined;
  readonly max_tokens?: number | undefined;
  readonly engines: number;
  readonly concurrency?: number | undefined;
  readonly queue: number;
  readonly cache_bytes?: number | undefined;
  readonly body_bytes?: number | undefined;
  readonly body_timeout?: number | undefined;
  readonly answer_timeout?: number | undefined;
  readonly grace: number;
  readonly access_log: boolean;
}

const settings = v.strictObject({
  target: v.optional(text),
  target_model: v.optional(text),
  model: v.optional(text),
  draft: v.optional(text),
  dtype: v.optional(v.picklist(dtypes)),
  draft_dtype: v.optional(v.picklist(dtypes)),
  file: v.optional(text),
  device: v.optional(v.picklist(deviceOptions)),
  context: v.optional(whole(2)),
  judge: v.optional(text),
  presets: v.optional(texts),
  plugins: v.optional(texts),
  host: v.optional(text, "127.0.0.1"),
  port: v.optional(whole(0, 65535), 8080),
  public: v.optional(v.boolean(), false),
  allowed_hosts: v.optional(texts),
  cors_origins: v.optional(texts),
  api_keys: v.optional(v.array(key)),
  keys_file: v.optional(text),
  share_cache: v.optional(v.boolean(), false),
  policy: v.optional(policy, "strict"),
  policies: v.optional(v.pipe(texts, v.minLength(1))),
  draft_tokens: v.optional(v.union([whole(0, 1024), v.literal("auto")])),
  max_draft_tokens: v.optional(whole(0, 1024)),
  max_tokens: v.optional(whole(1)),
  engines: v.optional(whole(1, 64), 1),
  concurrency: v.optional(whole(1)),
  queue: v.optional(whole(0), 64),
  cache_bytes: v.optional(whole(0)),
  body_bytes: v.optional(whole(1)),
  body_timeout: v.optional(whole(1)),
  answer_timeout: v.optional(whole(1)),
  grace: v.optional(whole(0), 5000),
  access_log: v.optional(v.boolean(), false),
});

type Name = keyof typeof settings.entries;
type Source = Readonly<Record<string, unknown>>;

/** Flags that are named in the singular, because they are repeated. */
const namesOfFlags: Readonly<Record<string, Name>> = {
  apiKey: "api_keys",
  keys: "keys_file",
  allowedHost: "allowed_hosts",
  corsOrigin: "cors_origins",
  plugin: "plugins",
};

/** Reads the settings. Rejects with `invalid_request`, which names the source at fault, but no value of a key. */
export async function serveSettings(
  { config, ...flags }: Source & { readonly config?: string | undefined },
  environment: NodeJS.ProcessEnv = process.env,
): Promise<ServeSettings> {
  const path = config ?? environment["LENITY_CONFIG"];
  const fromFile = path === undefined ? {} : checked(await readObject(path), path);
  const fromEnvironment = checked(environmentSettings(environment), "the environment");
  const fromFlags = Object.fromEntries(
    Object.entries(flags).map(([flag, value]) => [namesOfFlags[flag] ?? snake(flag), value]),
  );
  const all: ServeSettings = v.parse(settings, { ...fromFile, ...fromEnvironment, ...checked(fromFlags, "the flags") });
  const keysPath = all.keys_file;
  if (keysPath === undefined) return all;
  const keys = checked({ api_keys: await readJson(keysPath) }, keysPath)["api_keys"] as ServeSettings["api_keys"];
  return { ...all, api_keys: [...(all.api_keys ?? []), ...(keys ?? [])] };
}

const snake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
const variable = (name: string): string => `LENITY_${name.toUpperCase()}`;

/** The given settings, without defaults. */
function checked(given: Source, source: string): Source {
  const result = v.safeParse(settings, given, { abortEarly: true });
  if (result.success) return given;
  const [issue] = result.issues;
  const name = String(issue.path?.[0]?.key);
  const what = source === "the environment" ? variable(name) : quoted(name);
  const advice =
    issue.type === "strict_object" && issue.path?.length === 1
      ? `is unknown. ${didYouMean(name, Object.keys(settings.entries))}`
      : /key/.test(name)
        ? "is not what it should be; expected keys, or objects with key, name and policies."
        : `is ${shown(issue.input)}; expected ${expectation(issue) ?? "another value"}.`;
  throw new LenityError("invalid_request", `${what} of ${source} ${advice}`, { path: name });
}

/** The variables of the environment that are settings, as values: lists are split at commas and spaces. */
function environmentSettings(environment: NodeJS.ProcessEnv): Source {
  const found: Record<string, unknown> = {};
  for (const [name, { wrapped }] of Object.entries(settings.entries)) {
    const given = environment[variable(name)];
    if (given !== undefined && given !== "") found[name] = valueIn(given, name, wrapped.type);
  }
  return found;
}

function valueIn(given: string, name: string, type: string): unknown {
  if (type === "array") return given.split(/[\s,]+/).filter((part) => part !== "");
  if (type === "number" || name === "draft_tokens") return Number.isNaN(Number(given)) ? given : Number(given);
  if (type === "boolean") return /^(1|true)$/i.test(given) ? true : /^(0|false)$/i.test(given) ? false : given;
  if (name !== "policy" || !given.trimStart().startsWith("{")) return given;
  try {
    return JSON.parse(given);
  } catch {
    return given;
  }
}

async function readObject(path: string): Promise<Source> {
  const value = await readJson(path);
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Source;
  throw new LenityError("invalid_request", `${path} holds ${shown(value)}; expected a JSON object of settings.`);
}

/** Its errors do not quote the file, which may have keys in it. */
async function readJson(path: string): Promise<unknown> {
  let content: string;
  try {
    content = await readFile(path, "utf8");
  } catch (cause) {
    throw new LenityError("invalid_request", `Cannot read ${path}: ${(cause as Error).message}.`, { cause });
  }
  try {
    return JSON.parse(content);
  } catch {
    throw new LenityError("invalid_request", `${path} is not valid JSON. Check it with a JSON tool.`);
  }
}

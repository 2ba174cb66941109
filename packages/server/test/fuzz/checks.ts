/** What holds of every answer, whatever was sent. */
import assert from "node:assert/strict";
import { shown } from "@lenity/core/internal";
import { openApi } from "../../src/description/openapi.ts";
import type { ErrorBody } from "../../src/index.ts";
import { isDescribed } from "../described.ts";
import type { Seed } from "./bodies.ts";

/** No answer to a bad request needs to be longer. */
const longestError = 1500;

/** Fails unless the answer is one that the description has: an answer, a whole stream, or an error that is at home. */
export async function checkAnswer(
  response: Response,
  seed: Seed | undefined,
  body: Uint8Array | undefined,
): Promise<void> {
  const text = await response.text();
  const { status } = response;
  assert.ok(status < 500, `${status} ${text.slice(0, 500)}`);
  assert.equal(response.headers.get("x-evil"), null);
  if (status !== 200) {
    assert.ok(text.length <= longestError, `an error of ${text.length} characters`);
    const error = JSON.parse(text) as ErrorBody;
    isDescribed("Error", error);
    if (seed !== undefined && body !== undefined) checkError(error, seed, body);
  } else if (seed !== undefined && (response.headers.get("content-type") ?? "").startsWith("text/event-stream")) {
    checkStream(text, seed);
  } else if (seed !== undefined) isDescribed(seed.answer, JSON.parse(text));
}

function checkStream(text: string, { chunk }: Seed): void {
  const events = text.split("\n\n").filter((line) => line !== "" && !line.startsWith(":"));
  assert.equal(events.pop(), "data: [DONE]", text.slice(-500));
  for (const event of events) isDescribed(chunk as string, JSON.parse(event.slice("data: ".length)));
}

/** Its `param` is a field of the request, and the value that it quotes is that field's. */
function checkError({ error }: ErrorBody, { request }: Seed, bytes: Uint8Array): void {
  const { param, code, message } = error;
  if (param === null || param.includes("…")) return;
  const body = parsed(bytes);
  assert.ok(body !== undefined, `param ${param} of a body that is no JSON: ${message}`);
  // llama.cpp has fields with a dot in their names.
  const [first = "", ...rest] = Object.hasOwn(body, param) ? [param] : segments(param);
  const fields = openApi().components.schemas[request]?.["properties"] as object;
  assert.ok(Object.hasOwn(body, first) || Object.hasOwn(fields, first), `there is no ${first}: ${message}`);
  let value: unknown = body[first];
  for (const [at, name] of rest.entries()) {
    const has = typeof value === "object" && value !== null && Object.hasOwn(value, name);
    assert.ok(has || at === rest.length - 1, `there is no ${name} in ${param}: ${message}`);
    value = has ? (value as Record<string, unknown>)[name] : undefined;
  }
  if (code === "missing_required_parameter") return;
  checkQuote(message, body);
}

/** Where an error may begin with a path of its own: below these. */
const bases = ["", "response_format.json_schema."];

/** A message that begins with a path and shows a value shows the one at that path. */
function checkQuote(message: string, body: Record<string, unknown>): void {
  const path = /^([^ …]+) (?:is|with the value) (?!\d+ characters)(?=["{\d-]|an array|an empty|true|false|null)/.exec(
    message,
  )?.[1];
  if (path === undefined) return;
  const values = bases.map((base) => valueAt(body, `${base}${path}`)).filter((value) => value !== undefined);
  const begins = values.flatMap((value) => [`${path} is ${shown(value)}`, `${path} with the value ${shown(value)}`]);
  assert.ok(begins.length === 0 || begins.some((begin) => message.startsWith(begin)), message);
}

function valueAt(body: Record<string, unknown>, path: string): unknown {
  let value: unknown = body;
  for (const name of segments(path)) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as Record<string, unknown>)[name];
  }
  return value;
}

function parsed(bytes: Uint8Array): Record<string, unknown> | undefined {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes)) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

/** `a.b[0]["c d"]` as its names. */
const segments = (path: string): string[] =>
  Array.from(path.matchAll(/\["((?:[^"\\]|\\.)*)"\]|\[(\d+)\]|([^.[\]]+)/g), ([, quoted, index, name]) =>
    quoted === undefined ? ((index ?? name) as string) : (JSON.parse(`"${quoted}"`) as string),
  );

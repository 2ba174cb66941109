/** One request of the fuzzer, made from a seed and a number. */
import { type Random, seeded } from "@lenity/core";
import { openApi } from "../../src/description/openapi.ts";
import { harmless } from "../../src/request/harmless-fields.ts";
import { unsupported } from "../../src/request/unsupported-fields.ts";
import { type Seed, seeds } from "./bodies.ts";
import { type ObjectTree, pick, type Spot, spotsOf, type Tree, textOf, treeOf } from "./tree.ts";
import { keys, longText, oddPolicy, oddSchema, oddValue, plausible } from "./values.ts";

export interface Case {
  /** What is sent to; undefined for a GET request. */
  readonly seed: Seed | undefined;
  readonly path: string;
  readonly body: Uint8Array<ArrayBuffer> | undefined;
}

/** The request with this number. */
export function caseOf(run: number, number: number): Case {
  const random = seeded(run * 2 ** 32 + number);
  if (random() < 0.03) return { seed: undefined, path: oddPath(random), body: undefined };
  const seed = pick(random, seeds);
  const root = treeOf(seed.body) as ObjectTree;
  for (let changes = 1 + Math.floor(random() ** 3 * 4); changes > 0; changes--) change(random, root, seed);
  const text = textOf(random() < 0.01 ? oddValue(random) : root);
  const bytes = new TextEncoder().encode(text);
  return { seed, path: seed.path, body: random() < 0.15 ? damaged(random, bytes) : bytes };
}

/** Changes a field of the body, or any place in it. */
function change(random: Random, root: ObjectTree, seed: Seed): void {
  if (random() < 0.5) changeField(random, root, seed);
  else changePlace(random, spotsOf(root));
}

function changeField(random: Random, root: ObjectTree, seed: Seed): void {
  const kind = random();
  if (kind < 0.5) put(root, pick(random, fieldsOf(seed)), plausible(random));
  else if (kind < 0.7) put(root, pick(random, fieldsOf(seed)), oddValue(random));
  else if (kind < 0.8) put(root, pick(random, otherFields), oddValue(random));
  else if (kind < 0.9) put(root, "speculative", objectOf(["policy", oddPolicy(random)]));
  else {
    const schema = oddSchema(random);
    const format = objectOf(["type", '"json_schema"'], ["json_schema", objectOf(["name", '"s"'], ["schema", schema])]);
    const tool = objectOf(["type", '"function"'], ["function", objectOf(["name", '"f"'], ["parameters", schema])]);
    if (random() < 0.6) put(root, "response_format", format);
    else put(root, "tools", { items: [tool] });
  }
}

function changePlace(random: Random, spots: readonly Spot[]): void {
  const spot = pick(random, spots) as Spot | undefined;
  if (spot === undefined) return;
  const kind = random();
  if (kind < 0.2) spot.replace(plausible(random));
  else if (kind < 0.4) spot.replace(oddValue(random));
  else if (kind < 0.5) spot.replace(longText(random));
  else if (kind < 0.6) spot.replace(structuredClone(pick(random, spots).tree));
  else if (kind < 0.76) spot.repeat(oddValue(random));
  else if (kind < 0.9) spot.remove();
  else if (typeof spot.tree !== "string" && "entries" in spot.tree)
    spot.tree.entries.push([pick(random, keys), oddValue(random)]);
}

const objectOf = (...entries: ObjectTree["entries"]): ObjectTree => ({ entries });

/** Sets a field of the body. */
function put({ entries }: ObjectTree, name: string, value: Tree): void {
  const at = entries.findIndex(([key]) => key === name);
  if (at >= 0) entries.splice(at, 1);
  entries.push([name, value]);
}

const fieldsOf = ({ request }: Seed): string[] =>
  Object.keys(openApi().components.schemas[request]?.["properties"] as object);
const otherFields = [...Object.keys(harmless), ...Object.keys(unsupported), ...keys];

/** Bytes that are cut, doubled, overwritten or put in. */
function damaged(random: Random, bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const at = Math.floor(random() * bytes.length);
  const kind = Math.floor(random() * 5);
  if (kind === 0) return bytes.slice(0, at);
  if (kind === 1)
    return Uint8Array.of(...[0xef, 0xbb, 0xbf].slice(0, Math.floor(random() * 4)), ...bytes.slice(0, 9999));
  const odd = pick(random, [
    [0xff],
    [0xc0, 0x80],
    [0xed, 0xa0, 0x80],
    [0],
    [0x22],
    [0x5c],
    [0x7b],
    [0x5d],
    [0xf4, 0x90],
  ]);
  if (kind === 2) return joined(bytes.subarray(0, at), Uint8Array.from(odd), bytes.subarray(at + odd.length));
  if (kind === 3) return joined(bytes.subarray(0, at), Uint8Array.from(odd), bytes.subarray(at));
  const to = at + Math.floor(random() * 20);
  return joined(bytes.subarray(0, to), bytes.subarray(at));
}

function joined(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

const places = [
  "/v1/models/",
  "/v1/policies?model=",
  "/v1/policies?",
  "/",
  "/v1/",
  "/v1/models?",
  "/health/",
  "/tokenize/",
];
const letters = [
  "%",
  "%00",
  "%ff",
  "%2e%2e",
  "/",
  "\\",
  "?",
  "#",
  "&",
  "=",
  "double",
  "é",
  "👍",
  "..",
  ";",
  " ",
  "%0d%0a",
];
const oddPath = (random: Random): string =>
  pick(random, places) + Array.from({ length: Math.floor(random() * 8) }, () => pick(random, letters)).join("");

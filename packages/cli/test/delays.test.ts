/**
 * No request, whatever its body, delays the next token of another by more than 100 ms. What is measured is how long the
 * serving thread does nothing else, beside a stream that runs. The machine may be busy with other work, so the pauses
 * of the same server under that stream alone are taken off, and a body has several attempts: one in time shows that the
 * delay was not the body's.
 */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { after, before, describe, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { seeded } from "@lenity/core";

const most = 100;
const attempts = 5;

let child: ChildProcess;
let url = "";
const stopping = new AbortController();
let streamed = 0;
before(async () => {
  const program = fileURLToPath(new URL("./measured-server.ts", import.meta.url));
  child = spawn(process.execPath, [program], { stdio: ["ignore", "pipe", "inherit"] });
  url = await new Promise((resolve, reject) => {
    child.stdout?.on("data", (data) => resolve(/on (http:\S+)/.exec(data)?.[1] ?? ""));
    child.on("close", () => reject(new Error("The server ended.")));
  });
  void stream();
  // The first requests load what the rest use.
  for (const model of ["tiny", "long"]) await (await send(model, chat("warm ".repeat(5000)))).text();
  await pause(500);
});
after(() => {
  stopping.abort();
  child.kill();
});

const send = (model: string, body: string, signal?: AbortSignal) =>
  fetch(`${url}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: body.replace("{", `{"model":"${model}",`),
    signal: signal ?? null,
  });

const chat = (content: string, more: object = {}): string =>
  JSON.stringify({ messages: [{ role: "user", content }], max_tokens: 4, temperature: 0, ...more });

/** One answer after another, as long as the tests run. */
async function stream(): Promise<void> {
  const body = chat("Count the apples.", { stream: true, max_tokens: 400, temperature: 1 });
  try {
    for (;;) for await (const _ of (await send("tiny", body, stopping.signal)).body ?? []) streamed++;
  } catch (error) {
    if (!stopping.signal.aborted) throw error;
  }
}

const longestPause = async (): Promise<number> => (await fetch(`${url}/longest-pause`)).json() as Promise<number>;

/** How long the stream alone makes the thread pause. */
async function quiet(): Promise<number> {
  await longestPause();
  await pause(300);
  return longestPause();
}

const size = 3_900_000;
const fill = (text: string, length = size): string => text.repeat(Math.ceil(length / text.length)).slice(0, length);
const random = seeded(8);
const word = () =>
  Array.from({ length: 2 + Math.floor(random() * 9) }, () => String.fromCharCode(97 + Math.floor(random() * 26))).join(
    "",
  );
const words = (length: number): string => {
  let text = "";
  while (text.length < length) text += `${word()} `;
  return text;
};
const honest = "Anna has 3 boxes with 4 apples in each. Then she gives 5 apples to Ben. How many apples are left?\n";
const tools = (parameters: unknown) => ({ tools: [{ type: "function", function: { name: "f", parameters } }] });

/** A request with a schema. The server keeps its grammar, so each attempt needs another one. */
const formed = (schema: object) => (attempt: number) =>
  chat("a", { response_format: { type: "json_schema", json_schema: { name: `s${attempt}`, schema } } }).replaceAll(
    "NUMBER",
    `${attempt}`,
  );
const named = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, at) => [`NUMBER_${at}`, { enum: ["a", `NUMBER ${at}`] }]));

const bodies: Readonly<Record<string, string | ((attempt: number) => string)>> = {
  digits: chat(fill("7391")),
  emoji: chat("👩‍👩‍👧".repeat(200_000)),
  "random words": chat(words(size)),
  "one word": chat(fill("a")),
  spaces: chat(fill(" ")),
  "spaces outside of texts": chat("x").replace("{", `{${fill(" ")}`),
  "lines of an honest text, 300 kB": chat(fill(honest, 300_000)),
  "lines of an honest text, 500 kB": chat(fill(honest, 500_000)),
  "lines of an honest text": chat(fill(honest)),
  "spelled control tokens": chat(fill("<|end|>")),
  "fewer spelled control tokens": chat(fill("<|end|>", 1_000_000)),
  "beginnings of control tokens": chat(fill("<|")),
  "private-use characters": chat(
    fill(String.fromCharCode(...Array.from({ length: 6399 }, (_, at) => 0xe000 + at)), 1_300_000),
  ),
  escapes: chat(fill('\\"\n\t', 1_900_000)),
  "nested JSON": `{"messages":${"[".repeat(size / 2)}${"]".repeat(size / 2)}}`,
  "nested objects": `{"messages":${'{"a":'.repeat(size / 7)}1${"}".repeat(size / 7)}}`,
  "many messages": JSON.stringify({
    messages: Array.from({ length: 130_000 }, () => ({ role: "user", content: "a" })),
  }),
  "as many messages as are taken": JSON.stringify({
    messages: Array.from({ length: 2048 }, () => ({ role: "user", content: "a" })),
    max_tokens: 2,
  }),
  "many parts": JSON.stringify({
    messages: [{ role: "user", content: Array.from({ length: 100_000 }, () => ({ type: "text", text: "a" })) }],
  }),
  "many numbers in a tool": chat("a", tools(Array.from({ length: 1_800_000 }, () => 1))),
  "many names": chat("a", {
    metadata: Object.fromEntries(Array.from({ length: 300_000 }, (_, at) => [`${at.toString(36)}x`, 1])),
  }),
  "many stops": chat("a", { stop: Array.from({ length: 300_000 }, () => "stop") }),
  "a long stop": chat("a", { stop: fill("stop") }),
  "a schema of a thousand properties": formed({ type: "object", properties: named(1000) }),
  "a schema of many values": formed({ enum: Array.from({ length: 20_000 }, (_, at) => `NUMBER ${at}`) }),
  "a schema of too many values": formed({ enum: Array.from({ length: 90_000 }, (_, at) => `a longer NUMBER ${at}`) }),
  "a pattern of many states": formed({ type: "string", pattern: "^NUMBER(?:a|b)*a(?:a|b){12}$" }),
  "a pattern of too many states": formed({ type: "string", pattern: "^NUMBER(?:a|b)*a(?:a|b){40}$" }),
  "a pattern of sets of Unicode": formed({
    type: "string",
    pattern: "^NUMBER(?:[\\p{L}\\d]|[\\p{Lu}x]|\\P{Ll}){1,9}$",
  }),
  "a long policy": chat("a", { speculative: { policy: fill("strict") } }),
};

describe("a stream goes on within 100 ms beside a body of", () => {
  for (const model of ["tiny", "long"]) {
    for (const [name, body] of Object.entries(bodies)) {
      test(`${name} (${model === "tiny" ? "512" : "400000"} tokens of context)`, async (t) => {
        const before = streamed;
        let least = Number.POSITIVE_INFINITY;
        for (let attempt = 1; attempt <= attempts && least > most; attempt++) {
          const usual = await quiet();
          const response = await send(model, typeof body === "string" ? body : body(attempt));
          assert.ok([200, 400].includes(response.status), `${response.status}`);
          await response.text();
          const found = (await longestPause()) - usual;
          least = Math.min(least, found);
          if (found > most)
            t.diagnostic?.(
              `attempt ${attempt}: a pause of ${found.toFixed(0)} ms beyond the usual ${usual.toFixed(0)} ms`,
            );
        }
        assert.ok(streamed > before, "the stream stands still");
        assert.ok(
          least <= most,
          `the serving thread stood still for ${least.toFixed(0)} ms more than without this body, in each of ${attempts} attempts`,
        );
      });
    }
  }
});

/** The page's worker. It loads the models and decodes, so that the page stays responsive. */
import { generateChat } from "@lenity/chat";
import type { Registry } from "@lenity/core";
import { type TraceEntry, tracer } from "@lenity/server";
import type { Choice, Kind, Order, Piece, Report } from "./messages.ts";
import { loadPair, MissingFile, type Pair } from "./pair.ts";

/** The presets to choose from. */
const policies: readonly string[] = ["strict", "judi", "judge", "autojudge"];

const report = (message: Report): void => self.postMessage(message);
const loading = load().catch(fail);
let stopping = new AbortController();

self.addEventListener("message", async ({ data }: MessageEvent<Order>) => {
  stopping.abort();
  if (data.type === "stop") return;
  const pair = await loading;
  stopping = new AbortController();
  if (pair !== undefined) await answer(pair, data, stopping.signal).catch(fail);
});

async function load(): Promise<Pair> {
  const requested = new URL(self.location.href).searchParams.get("provider");
  const provider = requested === "webgpu" || requested === "auto" ? requested : "wasm";
  const ort = provider === "wasm" ? await import("onnxruntime-web/wasm") : await import("onnxruntime-web/webgpu");
  // Threads share memory, which browsers allow only for isolated pages.
  const threads = self.crossOriginIsolated ? Math.min(4, navigator.hardwareConcurrency) : 1;
  ort.env.wasm.numThreads = threads;
  const pair = await loadPair(ort, provider, (loaded, total) => report({ type: "progress", loaded, total }));
  const runsOn =
    pair.target.device.name === "webgpu"
      ? "WebGPU"
      : `WebAssembly, ${threads === 1 ? "1 thread" : `${threads} threads`}`;
  report({ type: "ready", choices: choicesOf(pair.registry), runsOn, exact: pair.target.check.blockDifference === 0 });
  return pair;
}

/** The policies with the presets' summaries and block lengths. */
function choicesOf(registry: Registry): Choice[] {
  const named = policies.flatMap((name) => {
    const preset = registry.presets.find((preset) => preset.name === name);
    return preset === undefined ? [] : [{ name, summary: preset.summary, draftTokens: preset.draftTokens ?? 16 }];
  });
  return [...named, { name: "plain", summary: "No drafting: only the target, one token per pass.", draftTokens: 0 }];
}

async function answer(
  pair: Pair,
  { question, policy, draftTokens }: Extract<Order, { type: "ask" }>,
  signal: AbortSignal,
): Promise<void> {
  const { target, writer, registry } = pair;
  const trace = tracer(writer.tokenizer);
  const began = performance.now();
  const events = generateChat([{ role: "user", content: question }], {
    target,
    writer,
    verifier: registry.create(policies.includes(policy) ? policy : "strict"),
    drafter: policy === "plain" ? undefined : pair.drafter(),
    draftTokens,
    sampling: { temperature: 0 },
    trace: true,
    signal,
  });
  for await (const event of events) {
    if (event.type === "delta") {
      const entries = trace(event.tokens).filter(({ token }) => token !== "");
      report({ type: "tokens", pieces: entries.map(pieceOf) });
      continue;
    }
    const { rounds, drafted, accepted, relaxed, emitted } = event.answer.counters;
    const seconds = (performance.now() - began) / 1000;
    const cutOff = event.answer.reason === "length";
    report({ type: "done", figures: { tokens: emitted, passes: rounds, drafted, accepted, relaxed, seconds, cutOff } });
  }
}

function pieceOf(entry: TraceEntry): Piece {
  const { token, by, p, q } = entry;
  return { text: token, kind: kindOf(entry), by, p, q };
}

function kindOf({ source, relaxed }: TraceEntry): Kind {
  if (source !== "draft") return source;
  return relaxed ? "relaxed" : "strict";
}

function fail(error: unknown): undefined {
  if ((error as { code?: unknown }).code === "aborted") report({ type: "stopped" });
  else
    report({
      type: "failed",
      message: error instanceof Error ? error.message : String(error),
      missing: isMissing(error),
    });
}

/** Loading wraps some of these errors. */
function isMissing(error: unknown): boolean {
  return error instanceof MissingFile || (error instanceof Error && isMissing(error.cause));
}

/** The thread that owns one model: ONNX Runtime computes synchronously, so it must not run where requests are served. */
import { parentPort } from "node:worker_threads";
import { LenityError, type Token } from "@lenity/core";
import { draftRound } from "./draft-round.ts";
import { openGraph } from "./open-graph.ts";
import type { LoadReply, LoadRequest, ReplyMessage, Request } from "./protocol.ts";
import { append, type Model, newSequence, type Sequence } from "./sequence.ts";

const port = parentPort;
if (port === null) throw new Error("worker.ts runs as a worker thread of loadModel.");

let model: Model | undefined;
let eos: ReadonlySet<Token> = new Set();
const sequences = new Map<number, Sequence>();

// One request at a time, in the order of arrival: a rewind that travels with an append must not overtake the append before it.
let queue: Promise<void> = Promise.resolve();
port.on("message", ({ id, request }: { id: number; request: Request }) => {
  queue = queue.then(async () => {
    try {
      const { value, transfer } = await answer(request);
      port.postMessage({ id, value } satisfies ReplyMessage, transfer);
    } catch (error) {
      port.postMessage({ id, error: describe(error) } satisfies ReplyMessage);
    }
  });
});

async function answer(request: Request): Promise<{ value: unknown; transfer: ArrayBuffer[] }> {
  if (request.type === "load") return { value: await load(request), transfer: [] };
  if (request.type === "close") return { value: sequences.delete(request.session), transfer: [] };
  if (model === undefined) throw new Error("The worker was asked to run before it loaded a model.");
  let sequence = sequences.get(request.session);
  if (sequence === undefined) sequences.set(request.session, (sequence = newSequence()));
  if (request.type === "draft") {
    const reply = await draftRound(model, sequence, request, eos);
    return { value: reply, transfer: [reply.logits.buffer] };
  }
  sequence.tokens.length = request.from;
  const cancel = request.cancel === undefined ? undefined : new Int32Array(request.cancel);
  const reply = await append(model, sequence, request.tokens, { rows: request.rows, hidden: request.hidden, cancel });
  return { value: reply, transfer: [reply.logits.buffer, ...(reply.hidden === undefined ? [] : [reply.hidden.buffer])] };
}

async function load(request: LoadRequest): Promise<LoadReply> {
  const graph = await openGraph(request);
  const { name, vocabulary, contextLength } = request;
  eos = new Set(request.eos);
  model = { graph, name, vocabulary, contextLength };
  const { inputs, outputs, layers, groups, headSize, precision, family, runtime } = graph;
  const hidden = Object.fromEntries(Object.entries(graph.hidden).map(([kind, { width }]) => [kind, width]));
  const providers = runtime.listSupportedBackends().map(({ name, bundled }) => ({ name, bundled }));
  return { file: request.file, inputs, outputs, layers, groups, headSize, precision, family, hidden, providers };
}

function describe(error: unknown): NonNullable<ReplyMessage["error"]> {
  if (!(error instanceof Error)) return { code: undefined, message: String(error) };
  const cause = error.cause instanceof Error ? error.cause.message : undefined;
  return { code: error instanceof LenityError ? error.code : undefined, message: error.message, cause };
}

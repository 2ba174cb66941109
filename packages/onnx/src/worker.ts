/**
 * The thread that runs one model, or a pair. ONNX Runtime computes synchronously, so it must not run in the thread that
 * serves requests.
 */
import { parentPort, threadId } from "node:worker_threads";
import { LenityError } from "@lenity/core";
import { type GpuLock, releaseGpu, takeGpu } from "./protocol/gpu-lock.ts";
import type { EndMessage, ErrorMessage, LoadReply, ReplyMessage, RequestMessage } from "./protocol/protocol.ts";
import { diskBackend } from "./worker/disk-backend.ts";
import { inOrder, sessionsOf } from "./worker/in-order.ts";
import { modelHost } from "./worker/model-host.ts";
import { runTimes } from "./worker/run-times.ts";

const port = parentPort;
if (port === null) throw new Error("worker.ts runs as a worker thread of loadModel.");

const backend = diskBackend();
const runs = runTimes();
const answer = modelHost(backend, runs);
/** Whether replies say where the time went. */
let timed = false;
/** Set while a model is on, or may be moved to, a device that only one thread may use at a time. */
let lock: GpuLock | undefined;
/** Whether a model is on that device. */
let onGpu = false;

// Runs however the thread ends, on request or by an error, always between two calls to ONNX Runtime. The main thread
// then releases the lock.
process.on("exit", () => {
  if (lock !== undefined) takeGpu(lock, threadId);
  backend.release();
});

/** Whether requests of several sessions are handled at the same time. */
let together = false;
const order = inOrder();
port.on("message", (message: RequestMessage | EndMessage) => {
  if ("end" in message) process.exit();
  const { id, model, request } = message;
  order(together && lock === undefined ? sessionsOf(model, request) : undefined, async () => {
    const began = performance.now();
    if (request.type === "load") timed = request.timed === true;
    if (request.type === "load" && (request.device ?? "cpu") !== "cpu") lock = request.gpuLock;
    if (lock !== undefined) takeGpu(lock, threadId);
    try {
      const { value, transfer } = await answer(model, request);
      if (request.type === "load") {
        onGpu ||= (value as LoadReply).device.name === "webgpu";
        together ||= (value as LoadReply).slots !== undefined;
      }
      const times = timed ? { handled: performance.now() - began, runs: runs.take() } : undefined;
      port.postMessage({ id, value, times } satisfies ReplyMessage, transfer);
    } catch (error) {
      // The runs of a request that failed are not those of the next one.
      runs.take();
      port.postMessage({ id, error: describe(error) } satisfies ReplyMessage);
    } finally {
      if (lock !== undefined) releaseGpu(lock, threadId);
    }
    if (!onGpu) lock = undefined;
  });
});

function describe(error: unknown): ErrorMessage {
  if (!(error instanceof Error)) return { code: undefined, message: String(error) };
  const cause = error.cause instanceof Error ? error.cause.message : undefined;
  if (!(error instanceof LenityError)) return { code: undefined, message: error.message, cause };
  const { code, message, path, kind, subject, model } = error;
  return { code, message, facts: { path, kind, subject, model }, cause };
}

/**
 * The thread that encodes long texts. A text of megabytes takes seconds, which must not block the thread that serves
 * requests.
 */
import { parentPort } from "node:worker_threads";
import type { Token, Tokenizer } from "@lenity/core";
import { filesIn } from "./folder/disk-files.ts";
import { modelFolder } from "./folder/model-folder.ts";
import { tokenizerOf } from "./folder/tokenizer-of-folder.ts";
import type { EncodeReply, EncodeRequest } from "./tokenizer/encode-protocol.ts";

const port = parentPort;
if (port === null) throw new Error("encode-worker.ts runs as a worker thread of loadTokenizer.");

let loading: Promise<Tokenizer> | undefined;
let queue: Promise<void> = Promise.resolve();
port.on("message", ({ id, folder, ...request }: EncodeRequest) => {
  queue = queue.then(async () => {
    try {
      const tokenizer = await (loading ??= tokenizerOf(modelFolder(filesIn(folder))));
      const { tokens, lengths } = encoded(tokenizer, request);
      port.postMessage(
        { id, tokens, lengths } satisfies EncodeReply,
        tokens === undefined ? [] : [tokens.buffer, lengths.buffer],
      );
    } catch (error) {
      port.postMessage({ id, error: error instanceof Error ? error.message : String(error) } satisfies EncodeReply);
    }
  });
});

function encoded(tokenizer: Tokenizer, { text, lengths, most }: Omit<EncodeRequest, "id" | "folder">) {
  const counts = new Uint32Array(lengths.length);
  const found: Token[][] = [];
  let [at, total] = [0, 0];
  for (const [index, length] of lengths.entries()) {
    const tokens = tokenizer.encode(text.slice(at, (at += length)));
    total += counts[index] = tokens.length;
    if (total > most) return { lengths: counts };
    found.push(tokens);
  }
  const tokens = new Uint32Array(total);
  at = 0;
  for (const some of found) {
    tokens.set(some, at);
    at += some.length;
  }
  return { tokens, lengths: counts };
}

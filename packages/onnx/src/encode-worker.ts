/** The thread that encodes long texts: a text of megabytes takes seconds, and must not take them where requests are served. */
import { parentPort } from "node:worker_threads";
import type { Tokenizer } from "@lenity/core";
import { filesIn } from "./disk-files.ts";
import type { EncodeReply, EncodeRequest } from "./encode-protocol.ts";
import { readTokenizer } from "./tokenizer.ts";

const port = parentPort;
if (port === null) throw new Error("encode-worker.ts runs as a worker thread of loadTokenizer.");

let loading: Promise<Tokenizer> | undefined;
let queue: Promise<void> = Promise.resolve();
port.on("message", ({ id, folder, texts }: EncodeRequest) => {
  queue = queue.then(async () => {
    try {
      const tokenizer = await (loading ??= readTokenizer(filesIn(folder)));
      const found = texts.map((text) => tokenizer.encode(text));
      const lengths = Uint32Array.from(found, ({ length }) => length);
      const tokens = new Uint32Array(lengths.reduce((sum, length) => sum + length, 0));
      let at = 0;
      for (const some of found) {
        tokens.set(some, at);
        at += some.length;
      }
      port.postMessage({ id, tokens, lengths } satisfies EncodeReply, [tokens.buffer, lengths.buffer]);
    } catch (error) {
      port.postMessage({ id, error: error instanceof Error ? error.message : String(error) } satisfies EncodeReply);
    }
  });
});

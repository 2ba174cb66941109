/**
 * A target in another process, and a draft model in this one. Start a server first (npm start), then run: bun
 * examples/remote.ts [URL]. With { engine: "sglang" } or { engine: "vllm" } the same works for those.
 */
import { fileURLToPath } from "node:url";
import { chatWriter, completeChat } from "@lenity/chat";
import { defaultRegistry } from "@lenity/core";
import { describeFolder, loadChatTemplate, loadModel, loadTokenizer, onnxDrafter } from "@lenity/onnx";
import { eagerDrafter, pacedDrafter, remoteModel } from "@lenity/remote";
import * as tiny from "@lenity/tiny";

const url = process.argv[2] ?? "http://127.0.0.1:8080";
const folder = fileURLToPath(tiny.target);
// Of the target's folder only the tokenizer, the template and config.json are read.
const tokens = await describeFolder(folder);
const target = await remoteModel({ engine: "lenity", url, tokens, eos: tokens.eos });
const draft = await loadModel(fileURLToPath(tiny.draft), { draftsFor: tokens });
const [tokenizer, chatTemplate] = [await loadTokenizer(folder), await loadChatTemplate(folder)];
const writer = chatWriter({ target, tokenizer, chatTemplate });

const question = "Mia has 4 boxes with 6 shells in each. Then she gives 5 shells to Tom. How many shells are left?";
for (const policy of ["strict", { type: "or", any: [{ type: "sd" }, { type: "kl", threshold: 0.3 }] }]) {
  const before = target.wire.calls;
  const drafter = pacedDrafter(eagerDrafter(onnxDrafter(draft)), target.wire);
  const verifier = defaultRegistry().create(policy);
  const answering = { target, tokenizer, writer, drafter, verifier, draftTokens: 16 };
  const { text, counters } = await completeChat([{ role: "user", content: question }], answering);
  const { emitted, relaxed, undecided } = counters;
  const calls = `${emitted} tokens in ${target.wire.calls - before} calls`;
  console.log(`${text}\n${calls}, ${relaxed} relaxed, ${undecided} left open\n`);
}
console.log(`A call took ${target.wire.roundTrip.toFixed(1)} ms.`);
await draft.close();

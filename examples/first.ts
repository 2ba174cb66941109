/**
 * Loads the embedded pair, answers a question under a policy, and prints what the policy did. Run: bun
 * examples/first.ts
 */
import { chatWriter, completeChat } from "@lenity/chat";
import { defaultRegistry } from "@lenity/core";
import { loadPair } from "@lenity/onnx";
import * as tiny from "@lenity/tiny";

const pair = await loadPair(tiny.target, tiny.draft);
const question = "Mia has 4 boxes with 6 shells in each. Then she gives 5 shells to Tom. How many shells are left?";
const { text, counters } = await completeChat([{ role: "user", content: question }], {
  target: pair.target,
  writer: chatWriter(pair),
  verifier: defaultRegistry().create({ type: "or", any: [{ type: "sd" }, { type: "kl", threshold: 0.3 }] }),
  drafter: pair.drafter(),
  draftTokens: 16,
});

const { emitted, rounds, accepted, drafted, relaxed } = counters;
console.log(text);
console.log(
  `${emitted} tokens in ${rounds} target passes; ${accepted} of ${drafted} drafted tokens accepted, ${relaxed} by relaxation`,
);
await pair.close();

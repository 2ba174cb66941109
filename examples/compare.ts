/**
 * One prompt under several policies: the speed of each, and how it changes the answer. The last gate is too loose for
 * arithmetic. Run: bun examples/compare.ts ["a word problem"]
 */
import { readFileSync } from "node:fs";
import { chatWriter, completeChat } from "@lenity/chat";
import { defaultRegistry, judgeHead } from "@lenity/core";
import { loadPair } from "@lenity/onnx";
import * as tiny from "@lenity/tiny";

const question =
  process.argv[2] ??
  "Paul has 3 rows of 7 tulips and 5 rows of 4 roses in the garden. A goat eats 6 plants. How many plants are left?";
const pair = await loadPair(tiny.target, tiny.draft);
const { target, drafter, close } = pair;
const writer = chatWriter(pair);
const messages = [{ role: "user", content: question }];
const registry = defaultRegistry({ judge: judgeHead(JSON.parse(readFileSync(tiny.judge, "utf8"))) });

const policies = [
  "strict",
  "judi",
  "judge",
  { type: "topk", k: 4, delta: 0.5 },
  { type: "or", any: [{ type: "sd" }, { type: "kl", threshold: 1.5 }] },
];
for (const policy of policies) {
  const verifier = registry.create(policy);
  const { text, counters } = await completeChat(messages, { target, writer, verifier, drafter: drafter() });
  const length = (counters.emitted / counters.rounds).toFixed(1);
  console.log(
    `${JSON.stringify(policy)} (${verifier.law}): ${length} tokens per target pass, ${counters.relaxed} relaxed\n${text}\n`,
  );
}
await close();

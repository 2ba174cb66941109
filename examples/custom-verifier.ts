/** Your own acceptance rule, named from JSON like the built-in ones. Run: bun examples/custom-verifier.ts */
import { chatWriter, completeChat } from "@lenity/chat";
import { defaultRegistry } from "@lenity/core";
import { loadPair } from "@lenity/onnx";
import * as tiny from "@lenity/tiny";
import { nearly } from "./nearly.ts";

const pair = await loadPair(tiny.target, tiny.draft);
const { target, drafter, close } = pair;
const writer = chatWriter(pair);
const registry = defaultRegistry({ plugins: [nearly] });
const question =
  "A bus carries 31 people. At the first stop, 12 get off and 7 get on. At the second stop, 4 get off. How many people are on the bus now?";
const messages = [{ role: "user", content: question }];

for (const policy of [
  '{"type": "nearly", "share": 1}',
  '{"type": "nearly", "share": 0.5}',
  '{"type": "nearly", "share": 0.2}',
]) {
  const verifier = registry.create(JSON.parse(policy));
  const { text, counters } = await completeChat(messages, { target, writer, verifier, drafter: drafter() });
  console.log(
    `${policy}: ${(counters.emitted / counters.rounds).toFixed(1)} tokens per target pass, ${counters.relaxed} relaxed\n${text}\n`,
  );
}
await close();

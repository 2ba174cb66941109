/** Your own acceptance rule, named from JSON like the built-in ones. Run: bun examples/custom-verifier.ts */
import { complete, defaultRegistry } from "@lenity/core";
import { loadPair } from "@lenity/onnx";
import * as tiny from "@lenity/tiny";
import { nearly } from "./nearly.ts";

const { target, tokenizer, drafter, close } = await loadPair(tiny.target, tiny.draft);
const registry = defaultRegistry({ plugins: [nearly] });
const question = "A bus carries 31 people. At the next stop 12 get off and 7 get on. How many people are on the bus now?";

for (const policy of ['{"type": "nearly", "share": 1}', '{"type": "nearly", "share": 0.5}', '{"type": "nearly", "share": 0.2}']) {
  const verifier = registry.create(JSON.parse(policy));
  const { text, counters } = await complete(`<|user|>${question}<|end|><|assistant|>`, { target, tokenizer, verifier, drafter: drafter() });
  console.log(
    `${policy}: ${(counters.emitted / counters.rounds).toFixed(1)} tokens per target pass, ${counters.relaxed} relaxed\n${text}\n`,
  );
}
await close();

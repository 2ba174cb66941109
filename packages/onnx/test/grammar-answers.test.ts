/** The built-in pair under grammars: every policy's answer fulfils the schema, and strict answers are those of the target. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import {
  type Answer,
  complete,
  defaultRegistry,
  forcedDrafter,
  type GenerateOptions,
  type Grammar,
} from "@lenity/core";
import { choiceGrammar, jsonSchemaGrammar, regexGrammar } from "@lenity/grammar";
import { loadPair } from "../src/index.ts";

const folder = (name: string) => join(import.meta.dirname, "../../tiny", name);
let pair: Awaited<ReturnType<typeof loadPair>>;
before(async () => {
  pair = await loadPair(folder("target"), folder("draft"));
});
after(() => pair.close());

const schema = {
  type: "object",
  properties: {
    steps: {
      type: "array",
      items: { type: "string", pattern: "^\\d{1,3} [+*-] \\d{1,3} = \\d{1,3}$" },
      minItems: 1,
      maxItems: 3,
    },
    answer: { type: "integer", minimum: 0, maximum: 1000 },
    sure: { enum: ["yes", "no"] },
    unit: { type: ["string", "null"], maxLength: 10 },
  },
  required: ["steps", "answer", "sure", "unit"],
  additionalProperties: false,
};
const question = "Ben has 3 bags with 5 nuts in each. Then he gives 4 nuts to Mia. How many nuts are left?";

const ask = (grammar: Grammar, options: Partial<GenerateOptions>): Promise<Answer> => {
  const { target, tokenizer } = pair;
  return complete(question, { target, tokenizer, grammar, draftTokens: 8, maxTokens: 300, ...options });
};

function check({ text, reason }: Answer): void {
  assert.equal(reason, "stop", text);
  const { steps, answer, sure, unit, ...rest } = JSON.parse(text);
  assert.deepEqual(rest, {});
  assert.ok(steps.length >= 1 && steps.length <= 3);
  for (const step of steps) assert.match(step, /^\d{1,3} [+*-] \d{1,3} = \d{1,3}$/);
  assert.ok(Number.isInteger(answer) && answer >= 0 && answer <= 1000);
  assert.ok(["yes", "no"].includes(sure) && (unit === null || unit.length <= 10));
}

for (const whiteSpace of [0, 8]) {
  test(`answers fulfil a schema under every policy, with up to ${whiteSpace} bytes of white space`, async () => {
    const grammar = jsonSchemaGrammar(schema, pair.tokenizer, { whiteSpace });
    const plain = await ask(grammar, {});
    check(plain);
    const strict = await ask(grammar, { drafter: pair.drafter() });
    assert.equal(strict.text, plain.text);
    const forced = await ask(grammar, { drafter: forcedDrafter(pair.drafter()) });
    assert.equal(forced.text, plain.text);
    const alone = await ask(grammar, { drafter: forcedDrafter() });
    assert.equal(alone.text, plain.text);
    // Compact JSON has much forced text.
    if (whiteSpace === 0) assert.ok(alone.counters.rounds < 0.9 * plain.counters.rounds);
    for (const policy of ["judi", "block", { type: "topk", k: 50, delta: 1 }, { type: "lenience", lenience: 0.1 }])
      for (const temperature of [0, 1.5])
        check(
          await ask(grammar, {
            drafter: forcedDrafter(pair.drafter()),
            verifier: defaultRegistry().create(policy),
            sampling: { temperature },
            seed: 3,
          }),
        );
  });
}

test("answers are one of a choice, and match an expression", async () => {
  const choices = ["left is right", "left is left", "nuts"];
  const chosen = await ask(choiceGrammar(choices, pair.tokenizer), { drafter: forcedDrafter(pair.drafter()) });
  assert.ok(choices.includes(chosen.text), chosen.text);
  const matched = await ask(regexGrammar("#### \\d{1,3}( nuts?)?", pair.tokenizer), {
    drafter: pair.drafter(),
    sampling: { temperature: 1 },
  });
  assert.match(matched.text, /^#### \d{1,3}( nuts?)?$/);
});

/** Decoding of answers in sections, and the faults that other engines have had with them. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  block,
  type CallForm,
  type Drafter,
  decode,
  type EmittedToken,
  forcedDrafter,
  type Grammar,
  type LanguageModel,
  lookupDrafter,
  modelDrafter,
  or,
  sd,
  softmax,
  type Token,
  type Tokenizer,
  type Verifier,
} from "@lenity/core";
import { chainLaw, type LogitsOf, noisyModel, randomLogits, randomModel, tableModel } from "@lenity/core/testing";
import { type AnswerOptions, answerGrammar } from "../src/index.ts";

/** Tokens of a small language. The first ends the answer; `<t>` and `</k>` are marks. */
const texts = ["<end>", "<t>", "f({", "})", "a", "</k>", "{", "}", '"x":', "1", ",", "f(", ")", "</", "k>"];
const [end, call, whole, closed, letter, thought] = [0, 1, 2, 3, 4, 5] as const;
const utf8 = new TextEncoder();

/** The first of these tokens only. */
function language(vocabulary: number): Tokenizer {
  return {
    vocabulary,
    special: new Set([end]),
    added: new Set([end, call, thought]),
    bytes: (token) => (token === end ? undefined : utf8.encode(texts[token])),
    encode: (text) => (texts.includes(text) ? [texts.indexOf(text)] : []),
    decode: (tokens) => tokens.map((token) => texts[token]).join(""),
  };
}

const form: CallForm = {
  ...{ begin: ["<t>"], anywhere: true, open: [""], middle: "(", close: ")", between: "<t>", end: "", quoted: false },
};
const functions = [{ name: "f", path: "f" }];
const marks = ["<t>", "</k>"];
const reasoning = { open: "<k>", close: "</k>", isOpen: true };
const auto: AnswerOptions = { marks, calls: { form, functions, needed: false, several: true } };
const needed: AnswerOptions = { marks, reasoning, calls: { form, functions, needed: true, several: true } };

/** Accepts every token, whatever its probability. */
const all: Verifier = { name: "all", law: "none", verify: ({ draft }) => ({ accept: draft.map(() => true) }) };

interface Run {
  readonly tokens: readonly Token[];
  readonly emitted: readonly EmittedToken[];
}

async function run(options: Parameters<typeof decode>[1]): Promise<Run> {
  const emitted: EmittedToken[] = [];
  for await (const event of decode([letter], { draftTokens: 8, ...options }))
    if (event.type === "round") emitted.push(...event.tokens);
  return { emitted, tokens: emitted.map(({ token }) => token) };
}

/** The grammar, which fails where it is asked about EOS. */
const watched = (grammar: Grammar): Grammar => ({
  ...grammar,
  advance(state, token) {
    assert.notEqual(token, end, "the grammar was run past the end");
    return grammar.advance(state, token);
  },
});

/** Proposes this answer wherever it stands, legal or not. */
const scripted = (answer: readonly Token[]): Drafter => ({
  name: "scripted",
  rows: false,
  propose: async ({ context, limit }) => ({ tokens: answer.slice(context.length - 1, context.length - 1 + limit) }),
  close() {},
});

/** Likes the tokens in this order, whatever comes before. */
const liking = (...order: readonly Token[]): LanguageModel =>
  tableModel({
    vocabulary: texts.length,
    eos: [end],
    logits: () => texts.map((_, token) => (order.includes(token) ? 20 - order.indexOf(token) : 0)),
  });

const tokens = (...written: readonly string[]) => written.map((text) => texts.indexOf(text));

describe("a fault that others shipped:", () => {
  const grammarOf = (options: AnswerOptions) => watched(answerGrammar(options, language(texts.length)));
  const lossy = or(sd(), all);

  for (const draftTokens of [1, 2, 3, 6, 12]) {
    test(`reasoning that ends inside a block of ${draftTokens}: what follows it is bound at once`, async () => {
      const target = liking(letter, closed, whole, call, end);
      for (const close of [[thought], tokens("</", "k>")]) {
        if (close.length > draftTokens) continue;
        // After the reasoning the draft goes on with letters, which only the reasoning may contain.
        const options = { target, grammar: grammarOf(needed), verifier: lossy, draftTokens, maxTokens: 8 };
        const { tokens: said } = await run({ ...options, drafter: scripted([...close, letter, letter, letter]) });
        assert.deepEqual(said.slice(0, close.length + 3), [...close, call, whole, closed]);
      }
    });

    test(`a call that opens inside a block of ${draftTokens} is bound from its mark on`, async () => {
      const target = liking(letter, closed, whole);
      const { tokens: said } = await run({
        ...{ target, grammar: grammarOf(auto), verifier: lossy, draftTokens, maxTokens: 5 },
        drafter: scripted([call, letter, letter, letter]),
      });
      // Behind the call only another one or the end may follow.
      assert.deepEqual(said.slice(0, 3), [call, whole, closed]);
      assert.ok(
        said.slice(3).every((token) => token === call || token === end || token === whole),
        said.join(),
      );
    });
  }

  test("a bonus row that is not masked", async () => {
    const { emitted } = await run({
      ...{ target: liking(letter, closed), grammar: grammarOf(auto), verifier: lossy, draftTokens: 2, maxTokens: 3 },
      drafter: scripted([call, whole]),
    });
    assert.deepEqual(
      emitted.map(({ token, source }) => `${token} ${source}`),
      [`${call} draft`, `${whole} draft`, `${closed} bonus`],
    );
  });

  test("a grammar that is run past the end of the answer", async () => {
    for (const draftTokens of [1, 4, 8]) {
      const { tokens: said } = await run({
        ...{ target: liking(end, thought), grammar: grammarOf(needed), verifier: sd(), draftTokens },
        drafter: scripted([thought, call, whole, closed, end, call, letter]),
        maxTokens: 20,
        sampling: { temperature: 0 },
      });
      assert.deepEqual(said.at(-1), end);
      assert.equal(said.indexOf(end), said.length - 1);
    }
  });

  test("a state that is not restored after a rejection", async () => {
    // Every block opens a call; the target goes on with words.
    const target = liking(letter);
    for (const draftTokens of [1, 3, 5]) {
      const opening: Drafter = {
        ...scripted([]),
        propose: async ({ limit }) => ({ tokens: [call, whole, closed].slice(0, limit) }),
      };
      const { tokens: said } = await run({
        ...{
          target,
          grammar: grammarOf(auto),
          drafter: opening,
          draftTokens,
          maxTokens: 15,
          sampling: { temperature: 0 },
        },
      });
      assert.deepEqual(said, Array(15).fill(letter));
    }
  });
});

describe("with any drafter and block", () => {
  const vocabulary = texts.length;
  for (const [name, options] of Object.entries({ auto, needed })) {
    test(`strict is plain decoding at temperature 0, and no rule leaves the grammar (${name})`, async () => {
      const grammar = answerGrammar(options, language(vocabulary));
      let calls = 0;
      for (let seed = 1; seed <= 40; seed++) {
        const shape = { vocabulary, seed, eos: [end], scale: 3 };
        const [target, draft] = [randomModel(shape), noisyModel({ ...shape, noise: 1.5 })];
        const shared = { target, grammar: watched(grammar), maxTokens: 30, seed };
        const plain = await run({ ...shared, sampling: { temperature: 0 }, draftTokens: 0 });
        calls += plain.tokens.includes(call) ? 1 : 0;
        const drafters = [
          () => modelDrafter(draft),
          () => forcedDrafter(modelDrafter(draft)),
          () => forcedDrafter(),
          () => lookupDrafter(),
          () => scripted([thought, call, whole, closed, letter, end, call]),
        ];
        for (const [at, drafter] of drafters.entries()) {
          const draftTokens = 1 + ((seed + at) % 8);
          const strict = { ...shared, draftTokens, verifier: at % 2 === 0 ? sd() : block(), drafter: drafter() };
          assert.deepEqual(
            (await run({ ...strict, sampling: { temperature: 0 } })).tokens,
            plain.tokens,
            `seed ${seed}`,
          );
          const loose = await run({
            ...shared,
            draftTokens,
            verifier: all,
            drafter: drafter(),
            sampling: { temperature: 1 },
          });
          let state: unknown = grammar.start;
          for (const token of loose.tokens) {
            if (token === end) assert.ok(grammar.accepting(state), "the answer ends too early");
            else state = grammar.advance(state, token);
            assert.notEqual(state, undefined, `seed ${seed}: ${loose.tokens}`);
          }
        }
      }
      assert.ok(calls > 5, `only ${calls} answers with a call`);
    });
  }
});

test("an answer without a call is the same as without the grammar, sampled or not", async () => {
  const grammar = answerGrammar(auto, language(texts.length));
  let free = 0;
  for (let seed = 1; seed <= 60; seed++) {
    const target = randomModel({ vocabulary: texts.length, seed, eos: [end], scale: 3 });
    for (const temperature of [0, 1]) {
      const options = { target, seed, maxTokens: 12, sampling: { temperature }, draftTokens: 0 };
      const without = await run(options);
      if (without.tokens.includes(call)) continue;
      free++;
      assert.deepEqual((await run({ ...options, grammar })).tokens, without.tokens, `seed ${seed}`);
    }
  }
  assert.ok(free > 30, `only ${free} answers without a call`);
});

/** Where the answer stands, and what may follow: written down anew, without bytes. */
type Place = "thinking" | "free" | "begin" | "name" | "arguments" | "behind";
const follows: Readonly<Record<Place, readonly Token[]>> = {
  thinking: [call, whole, closed, letter, thought],
  free: [end, call, whole, closed, letter, thought],
  begin: [call],
  name: [whole],
  arguments: [closed],
  behind: [end, call],
};
function placeAfter(place: Place, token: Token): Place {
  if (place === "thinking") return token === thought ? "begin" : "thinking";
  if (place === "free" && token !== call) return "free";
  return token === call ? "name" : token === whole ? "arguments" : "behind";
}

for (const [name, options, start] of [
  ["free text and calls", auto, "free"],
  ["reasoning and calls", needed, "thinking"],
] as const) {
  for (const verifier of [sd(), block()]) {
    test(`${verifier.name} follows the masked target exactly, over every answer of up to four tokens of ${name}`, async () => {
      const vocabulary = 6;
      const grammar = answerGrammar(options, language(vocabulary));
      const rows =
        (seed: number): LogitsOf =>
        (context) =>
          randomLogits(
            context.reduce((sum, token) => sum * 7 + token + 1, seed),
            vocabulary,
            1.5,
          );
      let largest = 0;
      for (const seed of [1, 2]) {
        const target = rows(seed);
        const shared = {
          verifier,
          target,
          drafter: rows(seed + 500),
          prompt: [letter],
          length: 4,
          eos: [end],
          grammar,
        };
        const law = await chainLaw({ ...shared, draftTokens: 1 + seed, unshaped: seed === 2 });
        let mass = 0;
        for (const [key, probability] of law) {
          let [place, wanted]: [Place, number] = [start, 1];
          const answer = key.split(",").map(Number);
          for (const [at, token] of answer.entries()) {
            const logits = target([letter, ...answer.slice(0, at)]).map((logit, id) =>
              follows[place].includes(id) ? logit : Number.NEGATIVE_INFINITY,
            );
            wanted *= softmax(logits)[token] as number;
            place = placeAfter(place, token);
          }
          largest = Math.max(largest, Math.abs(probability - wanted));
          mass += probability;
        }
        assert.ok(Math.abs(mass - 1) < 1e-5, `the law sums to ${mass}`);
      }
      assert.ok(largest <= 1e-5, `largest difference ${largest}`);
    });
  }
}

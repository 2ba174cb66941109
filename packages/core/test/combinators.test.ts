import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  and,
  complete,
  condition,
  type DecodeOptions,
  decode,
  defaultRegistry,
  divergenceGate,
  type EmittedToken,
  exact,
  kl,
  LenityError,
  ledger,
  logitsEvidence,
  modelDrafter,
  or,
  type Round,
  sampling,
  sd,
  shadow,
  type Token,
  type Tokenizer,
  topk,
  unguarded,
  type Verifier,
  when,
} from "@lenity/core";
import { guarded } from "@lenity/core/internal";
import { noisyModel, randomModel, singleRound, tableModel } from "@lenity/core/testing";

const vocabulary = 12;
const model = (seed: number, eos: readonly Token[] = []) => randomModel({ vocabulary, seed, eos });
const near = (seed: number) => modelDrafter(noisyModel({ vocabulary, seed, noise: 1.5 }));

async function run(options: DecodeOptions, prompt: readonly Token[] = [1]) {
  const emitted: EmittedToken[] = [];
  for await (const event of decode(prompt, { draftTokens: 8, ...options })) {
    if (event.type === "round") emitted.push(...event.tokens);
    else return { emitted, tokens: emitted.map(({ token }) => token), counters: event.counters, reason: event.reason };
  }
  throw new Error("no finish");
}
const refuses = (act: () => unknown, message: RegExp) =>
  assert.throws(
    act,
    (error: unknown) => error instanceof LenityError && error.code === "invalid_policy" && message.test(error.message),
  );

/** A tokenizer whose ids are the characters of this alphabet. */
const alphabet = 'ab{}"\\:,[]<>/thinkol_c0123456789';
const characters: Tokenizer = {
  vocabulary: alphabet.length,
  special: new Set(),
  encode: (text) => Array.from(text, (character) => alphabet.indexOf(character)),
  decode: (tokens) => tokens.map((token) => alphabet[token]).join(""),
};
/**
 * A target that always prefers "a" mildly, and a drafter that writes a given text: who accepts what shows the region.
 */
const mild = tableModel({
  vocabulary: alphabet.length,
  logits: () => Array.from({ length: alphabet.length }, (_, i) => (i === 0 ? 0.5 : 0)),
});
const writes = (text: string) => ({
  name: "script",
  rows: false,
  propose: async ({ context, limit }: { context: readonly Token[]; limit: number }) => ({
    tokens: characters.encode(text).slice(context.length - 1, context.length - 1 + limit),
  }),
  close() {},
});

describe("when", () => {
  const registry = defaultRegistry({ tokenizer: characters });
  const all = { type: "topk", k: alphabet.length, delta: 1 };
  /** The characters of the text that the lenient branch accepted; the strict one lets through only "a". */
  const relaxed = async (condition: object, text: string) => {
    const verifier = unguarded(
      registry.create({ type: "or", any: [{ type: "when", condition, then: all, else: all }] }),
    );
    const { emitted } = await run(
      {
        target: mild,
        drafter: writes(text),
        verifier: { ...verifier, ...named(condition) },
        draftTokens: text.length,
        maxTokens: text.length + 1,
      },
      [0],
    );
    return emitted
      .slice(0, text.length)
      .map(({ by, token }) => (by === "yes" ? (alphabet[token] as string) : "."))
      .join("");
  };
  const named = (condition: object): Pick<Verifier, "verify"> => ({
    async verify(round) {
      const whether = registry.create({ type: "when", condition, then: all, else: { type: "and", all: [all] } });
      const verdict = await whether.verify(round);
      return { accept: round.draft.map(() => true), by: verdict.by?.map((name) => (name === "topk" ? "yes" : "no")) };
    },
  });

  test("finds the inside and the outside of tags, split over tokens as they come", async () => {
    const tags = ["<think>", "</think>"];
    assert.equal(await relaxed({ inside: tags }, "ab<think>ab</think>ab"), ".........ab</think>..");
    assert.equal(await relaxed({ outside: tags }, "ab<think>ab</think>ab"), "ab<think>..........ab");
  });
  test("finds JSON, with strings, escapes and nesting, and tool calls", async () => {
    assert.equal(await relaxed({ json: true }, 'a{"a":"}\\"{",[1{2}]}a'), ".." + '"a":"}\\"{",[1{2}]}' + ".");
    assert.equal(await relaxed({ tool_call: true }, "a<tool_call>b</tool_call>a"), "............b</tool_call>.");
  });
  test("tells confidence and entropy", async () => {
    assert.equal(await relaxed({ max_confidence: 0.9 }, "ab"), "ab");
    assert.equal(await relaxed({ min_confidence: 0.9 }, "ab"), "..");
    assert.equal(await relaxed({ min_entropy: 1 }, "ab"), "ab");
    assert.equal(await relaxed({ max_entropy: 1, max_confidence: 1 }, "ab"), "..");
  });
  test("tells the place in the answer, over rounds", async () => {
    assert.equal(await relaxed({ min_position: 2 }, "abab"), "..ab");
    assert.equal(await relaxed({ max_position: 2 }, "abab"), "aba.");
    assert.equal(await relaxed({ min_position: 1, max_position: 2 }, "abab"), ".ba.");
    const strictOpening = { type: "when", condition: { min_position: 5 }, then: all };
    const { tokens } = await run(
      {
        target: mild,
        drafter: writes("b".repeat(12)),
        verifier: unguarded(registry.create(strictOpening)),
        draftTokens: 2,
        maxTokens: 12,
      },
      [0],
    );
    // After each block of two the target adds a token.
    assert.equal(tokens.map((token) => alphabet[token]).join(""), "aaaaabbabbaa");
  });
  test("names tokens by id and by text", async () => {
    assert.equal(await relaxed({ texts: ["7", "b"] }, "cb70"), ".b7.");
    assert.equal(await relaxed({ tokens: characters.encode("c") }, "cb70"), "c...");
  });
  test("is exact where both branches are, and a mixture where one is a gate", () => {
    const law = (then: object, condition: object = { min_entropy: 1 }) =>
      registry.create({ type: "when", condition, then }).law;
    assert.deepEqual(
      [
        law({ type: "sd" }),
        law({ type: "kl", threshold: 1 }),
        law(all),
        law({ type: "kl", threshold: 1 }, { tokens: [1] }),
      ],
      ["exact", "mixture", "none", "none"],
    );
  });
  test("refuses conditions on text without a tokenizer, empty ones and misspelt ones", () => {
    const create = (condition: object) => () =>
      defaultRegistry().create({ type: "when", condition, then: { type: "sd" } });
    refuses(create({ json: true }), /has no tokenizer/);
    refuses(create({}), /condition is empty/);
    refuses(create({ min_entrophy: 1 }), /condition\.min_entrophy/);
    refuses(create({ min_position: -1 }), /condition\.min_position/);
  });
});

test("and accepts what all accept, and replaces as the first refusing child does", async () => {
  const [p, q] = [Float32Array.from([1, 0.9, -3]), Float32Array.from([1, 1, 1])];
  const verifier = and(topk({ k: 2, delta: 0.9 }), exact());
  for (const [token, accepted] of [
    [0, true],
    [1, false],
    [2, false],
  ] as const) {
    assert.deepEqual((await verifier.verify(singleRound(p, q, token, 0))).accept, [accepted]);
  }
  const verdict = await verifier.verify(singleRound(p, q, 1, 0));
  assert.deepEqual([...(verdict.replacement?.(0) ?? [])], [1, 0, 0]);
});

test("a shadow changes no token and counts what each candidate would have accepted", async () => {
  for (const temperature of [0, 1]) {
    for (let seed = 0; seed < 20; seed++) {
      const options = { target: model(seed), draftTokens: 6, maxTokens: 40, seed, sampling: { temperature } };
      const strict = await run({ ...options, drafter: near(seed), verifier: sd() });
      const shadowed = await run({
        ...options,
        drafter: near(seed),
        verifier: shadow(sd(), or(sd(), kl({ threshold: 5 })), kl({ threshold: 0 })),
      });
      assert.deepEqual(shadowed.tokens, strict.tokens);
      const { "or(sd, kl)": lenient, kl: none } = shadowed.counters.shadows;
      assert.ok(
        lenient !== undefined && lenient.more === lenient.accepted - strict.counters.accepted && lenient.more >= 0,
      );
      assert.deepEqual(none, { accepted: 0, more: 0 - strict.counters.accepted });
    }
  }
});

describe("ledger", () => {
  const gate = kl({ threshold: 2, rows: "processed" });
  /** What a request's ledgers have charged, by where they stand in the policy. */
  const accounts = async (verifier: Verifier, seed: number) => {
    let spent: Round["spent"] = new Map();
    const watching: Verifier = {
      ...verifier,
      verify(round) {
        spent = round.spent;
        return verifier.verify(round);
      },
    };
    const sampled = { sampling: { temperature: 1 }, draftTokens: 4, maxTokens: 60, seed };
    const { counters } = await run({ target: model(seed), drafter: near(seed), verifier: watching, ...sampled });
    return { accounts: [...spent.values()], counters };
  };

  test("keeps its budget within or, and, when and shadow too, each ledger by itself", async () => {
    let charged = 0;
    for (let seed = 0; seed < 12; seed++) {
      const rule = () => ledger(gate, { budget: 0.5 });
      for (const verifier of [
        or(sd(), rule()),
        and(rule(), or(sd(), gate)),
        when(condition({ min_entropy: 0.5 }, undefined, "condition"), rule(), rule()),
        shadow(rule(), ledger(gate, { budget: 0.25 })),
      ]) {
        const found = await accounts(verifier, seed);
        assert.ok(found.accounts.every((nats) => nats >= 0 && nats <= 0.5 + 1e-9));
        charged += found.accounts.filter((nats) => nats > 0).length;
        if (verifier.budget === undefined) continue;
        assert.ok(found.counters.spent <= 0.5 + 1e-9);
        assert.ok((found.accounts[1] ?? 0) <= 0.25 + 1e-9);
      }
    }
    assert.ok(charged > 12);
  });
  test("counts the charge of a position whose draft gave way to a replacement", async () => {
    // The gate opens on EOS, which stays strict: the position is charged all the same, since the choice to relax was
    // made there.
    const target = tableModel({ vocabulary: 3, eos: [2], logits: () => [1, 1, 1] });
    const { prepare, ...drafter } = modelDrafter(tableModel({ vocabulary: 3, logits: () => [0, 0, 4] }));
    const rule = ledger(kl({ threshold: 9, rows: "processed" }), { budget: 9 });
    const sampled = { sampling: { temperature: 1 }, maxTokens: 2, draftTokens: 1 };
    let replaced = 0;
    for (let seed = 0; seed < 20; seed++) {
      const { counters } = await run({ target, drafter, verifier: rule, seed, ...sampled });
      if (counters.accepted > 0) continue;
      replaced++;
      assert.ok(counters.spent > 0);
    }
    assert.ok(replaced > 5);
  });

  test("reports what it spent, within its budget, and is strict when the budget is 0", async () => {
    let spent = 0;
    for (let seed = 0; seed < 20; seed++) {
      const options = { target: model(seed), draftTokens: 5, maxTokens: 60, seed, sampling: { temperature: 1 } };
      const rule = (budget: number) => ledger(kl({ threshold: 2, rows: "processed" }), { budget });
      const { counters } = await run({ ...options, drafter: near(seed), verifier: rule(3) });
      assert.ok(counters.spent <= 3 + 1e-9);
      spent += counters.spent;
      const strict = await run({ ...options, drafter: near(seed), verifier: sd() });
      const none = await run({ ...options, drafter: near(seed), verifier: rule(0) });
      assert.deepEqual([none.tokens, none.counters.spent, none.counters.relaxed], [strict.tokens, 0, 0]);
    }
    assert.ok(spent > 20, `${spent} nats spent in all`);
  });
  test("keeps separate accounts for answers that follow one another", async () => {
    const rule = ledger(kl({ threshold: 2, rows: "processed" }), { budget: 3 });
    const options = {
      target: model(3),
      draftTokens: 5,
      maxTokens: 60,
      seed: 3,
      sampling: { temperature: 1 },
      verifier: rule,
    };
    const first = await run({ ...options, drafter: near(3) });
    assert.deepEqual((await run({ ...options, drafter: near(3) })).counters, first.counters);
  });
  test("refuses rules that look at the token, greedy decoding, and drafts without rows", async () => {
    refuses(() => ledger(sd(), { budget: 1 }), /looks at the drafted token/);
    refuses(() => defaultRegistry().create({ type: "ledger", budget: 1, of: "judi" }), /ledger cannot bound it/);
    const rule = ledger(divergenceGate({ threshold: 0.2 }), { budget: 1 });
    await assert.rejects(run({ target: model(1), drafter: near(1), verifier: rule }), /above 0/);
    await assert.rejects(
      run({ target: mild, drafter: writes("ab"), verifier: rule, sampling: { temperature: 1 } }),
      /only proposes tokens/,
    );
  });
});

describe("the guard of lossy rules", () => {
  const everything: Verifier = {
    name: "everything",
    law: "none",
    verify: ({ draft }) => ({ accept: draft.map(() => true) }),
  };
  /** Counts upwards; ends with 9 where the target says so. */
  const counting = (eos: readonly Token[]) =>
    tableModel({
      vocabulary: 60,
      eos,
      logits: (context) => Array.from({ length: 60 }, (_, i) => (i === ((context.at(-1) ?? 0) + 1) % 60 ? 9 : 0)),
    });
  const proposes = (tokens: (context: readonly Token[], limit: number) => Token[]) => ({
    name: "script",
    rows: false,
    propose: async ({ context, limit }: { context: readonly Token[]; limit: number }) => ({
      tokens: tokens(context, limit),
    }),
    close() {},
  });

  test("a drafted EOS is accepted only where strict verification accepts it, and an EOS of the target is not talked away", async () => {
    const early = proposes((context, limit) => [(context.at(-1) as number) + 1, 9, 50, 51].slice(0, limit));
    const { tokens } = await run({
      target: counting([9]),
      drafter: early,
      verifier: everything,
      draftTokens: 4,
      maxTokens: 30,
    });
    assert.deepEqual(tokens, [2, 3, 4, 5, 6, 7, 8, 9]);
    const past = proposes((_, limit) => [7, 8, 30, 31].slice(0, limit));
    assert.deepEqual(
      (await run({ target: counting([9]), drafter: past, verifier: everything, draftTokens: 4, maxTokens: 9 })).tokens,
      [7, 8, 9],
    );
  });
  test("unguarded lets the rule do as it says", async () => {
    const early = proposes((_, limit) => [5, 9, 50].slice(0, limit));
    assert.deepEqual(
      (
        await run({
          target: counting([9]),
          drafter: early,
          verifier: unguarded(everything),
          draftTokens: 3,
          maxTokens: 9,
        })
      ).tokens,
      [5, 9],
    );
  });
  test("an answer that repeats itself is strict from there to its end", async () => {
    const loop = proposes((_, limit) => Array.from({ length: limit }, (_, i) => [20, 21, 22][i % 3] as number));
    const { tokens, counters } = await run({
      target: counting([]),
      drafter: loop,
      verifier: everything,
      draftTokens: 6,
      maxTokens: 60,
    });
    assert.equal(counters.looping, true);
    const strictFrom = tokens.length - 20;
    for (let i = strictFrom; i < tokens.length; i++)
      assert.equal(tokens[i], ((tokens[i - 1] as number) + 1) % 60, `token ${i} of ${tokens}`);
    const free = await run({
      target: counting([]),
      drafter: loop,
      verifier: unguarded(everything),
      draftTokens: 6,
      maxTokens: 60,
    });
    assert.equal(free.counters.looping, true);
    assert.ok(free.tokens.slice(strictFrom).filter((token) => token >= 20 && token <= 22).length > 15);
  });
  test("the guard keeps nothing of a request: one of them serves an answer that repeats itself beside one that does not", async () => {
    const rule = guarded(everything);
    const loop = proposes((_, limit) => Array.from({ length: limit }, (_, i) => [20, 21, 22][i % 3] as number));
    const plain = proposes((context, limit) =>
      Array.from({ length: limit }, (_, i) => ((context.at(-1) ?? 0) + 2 * i) % 60),
    );
    const asked = { target: counting([]), verifier: rule, draftTokens: 6, maxTokens: 60 };
    const alone = await run({ ...asked, verifier: guarded(everything), drafter: plain });
    const [looped, beside] = await Promise.all([run({ ...asked, drafter: loop }), run({ ...asked, drafter: plain })]);
    assert.deepEqual([looped.counters.looping, beside.counters.looping], [true, false]);
    assert.deepEqual(beside.tokens, alone.tokens);
  });
  test("lossless rules are left alone, even on a text that repeats itself", async () => {
    const stuck = tableModel({ vocabulary: 4, logits: () => [0, 9, 0, 0] });
    const { tokens, counters } = await run({
      target: stuck,
      drafter: modelDrafter(stuck),
      verifier: sd(),
      maxTokens: 60,
    });
    assert.deepEqual(
      [counters.looping, counters.relaxed, tokens],
      [true, 0, (await run({ target: stuck, maxTokens: 60 })).tokens],
    );
  });
});

test("a policy nested three deep works in the SDK", async () => {
  const policy = {
    type: "shadow",
    of: {
      type: "or",
      any: [
        { type: "sd" },
        {
          type: "when",
          condition: { max_confidence: 0.9 },
          then: {
            type: "and",
            all: [
              { type: "topk", k: 4, delta: 0.5 },
              { type: "kl", threshold: 2 },
            ],
          },
        },
      ],
    },
    candidates: ["block"],
  };
  const verifier = defaultRegistry().create(policy);
  const answer = await complete([1], {
    target: model(2),
    drafter: near(2),
    verifier,
    tokenizer: { ...characters, vocabulary },
    maxTokens: 40,
  });
  assert.ok(answer.counters.relaxed > 0 && answer.counters.shadows["block"] !== undefined);
  assert.ok(Object.keys(answer.counters.acceptedBy).every((name) => ["sd", "and(topk, kl)"].includes(name)));
});

test("a tag is found across drafted tokens whose tokenizer drops the space that a text begins with", async () => {
  const words = ["<a", "\u2581b>", "x", "</a", "\u2581b>", "y"];
  const tokenizer: Tokenizer = {
    vocabulary: words.length,
    special: new Set(),
    encode: () => [],
    decode: (tokens) =>
      tokens
        .map((token) => words[token]?.replace("\u2581", " "))
        .join("")
        .replace(/^ /, ""),
  };
  const registry = defaultRegistry({ tokenizer });
  const inside = registry.create({
    type: "when",
    condition: { inside: ["<a b>", "</a b>"] },
    then: { type: "lenience", lenience: 1e-6 },
    else: { type: "exact" },
  });
  const draft = [0, 1, 2, 3, 4, 5];
  const target = logitsEvidence(new Float32Array(7 * 6).fill(0), 6, sampling({ temperature: 1 }));
  const drafter = logitsEvidence(new Float32Array(6 * 6).fill(0), 6, sampling({ temperature: 1 }));
  const round = {
    context: [2],
    promptLength: 1,
    spent: new Map(),
    looping: false,
    greedy: false,
    control: new Set<number>(),
    uniform: draft.map(() => 0.5),
    noise: 0,
  };
  // Equal logits: lenience accepts any token, exact the lowest id alone.
  const { accept } = await inside.verify({ ...round, draft, target, drafter });
  assert.deepEqual(accept, [true, false, true, true, true, false]);
});

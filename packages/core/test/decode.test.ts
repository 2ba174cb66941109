import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  alignVocabulary,
  type Counters,
  complete,
  type DecodeOptions,
  type Drafter,
  decode,
  defaultRegistry,
  type EmittedToken,
  kl,
  lookupDrafter,
  modelDrafter,
  or,
  sd,
  seeded,
  type Token,
  type Tokenizer,
  type Verifier,
} from "@lenity/core";
import { noisyModel, randomModel, tableModel } from "@lenity/core/testing";

interface Result {
  readonly tokens: Token[];
  readonly emitted: EmittedToken[];
  readonly reason: "stop" | "length";
  readonly counters: Counters;
}

async function run(prompt: readonly Token[], options: DecodeOptions): Promise<Result> {
  const emitted: EmittedToken[] = [];
  for await (const event of decode(prompt, { draftTokens: 8, ...options })) {
    if (event.type === "round") emitted.push(...event.tokens);
    else return { tokens: emitted.map(({ token }) => token), emitted, reason: event.reason, counters: event.counters };
  }
  throw new Error("decode() ended without a finish event.");
}

const vocabulary = 12;
const target = randomModel({ vocabulary, seed: 1, eos: [0] });
const near = (): Drafter => modelDrafter(noisyModel({ vocabulary, seed: 1, noise: 1.5, eos: [0] }));
/** Proposes what `tokens` says should follow the prompt of one token. */
const scripted = (tokens: readonly Token[]): Drafter => ({
  name: "scripted",
  rows: false,
  propose: async ({ context, limit }) => ({ tokens: tokens.slice(context.length - 1, context.length - 1 + limit) }),
  close() {},
});
/** After any context, the next token is the last one plus 1. */
const counting = (eos: readonly Token[] = []) =>
  tableModel({
    vocabulary: 100,
    eos,
    logits: (context) => Array.from({ length: 100 }, (_, i) => (i === ((context.at(-1) ?? 0) + 1) % 100 ? 9 : 0)),
  });

describe("strict decoding at temperature 0", () => {
  for (const draftTokens of [0, 1, 4, 16, 25]) {
    test(`equals plain greedy decoding, token for token, with blocks of ${draftTokens}`, async () => {
      for (let seed = 0; seed < 40; seed++) {
        const model = { vocabulary, seed, eos: [0] };
        const prompt = [1 + (seed % 11), 3, 5].slice(0, 1 + (seed % 3));
        const plain = await run(prompt, { target: randomModel(model), maxTokens: 60 });
        const drafter = modelDrafter(noisyModel({ ...model, noise: 2 }));
        const strict = await run(prompt, { target: randomModel(model), drafter, draftTokens, maxTokens: 60 });
        assert.deepEqual(strict.tokens, plain.tokens);
        assert.equal(strict.reason, plain.reason);
        assert.equal(strict.counters.relaxed, 0);
        const lookup = await run(prompt, {
          target: randomModel(model),
          drafter: lookupDrafter(),
          draftTokens,
          maxTokens: 60,
        });
        assert.deepEqual(lookup.tokens, plain.tokens);
      }
    });
  }
});

test("the same seed gives the same answer twice, and another seed another one", async () => {
  const options = { target, draftTokens: 5, maxTokens: 50, sampling: { temperature: 1 } };
  const once = await run([3], { ...options, drafter: near(), seed: 11 });
  const twice = await run([3], { ...options, drafter: near(), seed: 11 });
  const other = await run([3], { ...options, drafter: near(), seed: 12 });
  assert.deepEqual(twice, once);
  assert.notDeepEqual(other.tokens, once.tokens);
});

test("draft length 0 is plain decoding: one token a pass, all from the target", async () => {
  const { emitted, counters } = await run([3], { target, drafter: near(), draftTokens: 0, maxTokens: 9 });
  assert.deepEqual(
    emitted.map(({ source }) => source),
    emitted.map(() => "target"),
  );
  assert.equal(counters.rounds, counters.emitted);
  assert.equal(counters.drafted, 0);
});

test("a full block earns a bonus token, and a refusal is replaced by the target's token", async () => {
  const full = await run([1], { target: counting(), drafter: scripted([2, 3, 4, 5]), draftTokens: 4, maxTokens: 5 });
  assert.deepEqual(
    full.emitted.map(({ token, source }) => `${token} ${source}`),
    ["2 draft", "3 draft", "4 draft", "5 draft", "6 bonus"],
  );
  const refused = await run([1], { target: counting(), drafter: scripted([2, 9, 4, 5]), draftTokens: 4, maxTokens: 5 });
  assert.deepEqual(
    refused.emitted.slice(0, 2).map(({ token, source, by }) => `${token} ${source} ${by}`),
    ["2 draft sd", "3 replacement undefined"],
  );
});

test("an answer may be empty: the first token is EOS", async () => {
  const { tokens, reason, counters } = await run([1], {
    target: counting([2]),
    drafter: scripted([2, 3, 4]),
    draftTokens: 3,
  });
  assert.deepEqual(tokens, [2]);
  assert.equal(reason, "stop");
  assert.equal(counters.ignored, 2);
});

test("EOS inside a block ends the answer there, and what follows is ignored", async () => {
  const { tokens, counters } = await run([1], {
    target: counting([4]),
    drafter: scripted([2, 3, 4, 5, 6]),
    draftTokens: 5,
  });
  assert.deepEqual(tokens, [2, 3, 4]);
  assert.equal(counters.accepted, 5);
  assert.equal(counters.ignored, 2);
});

test("maxTokens inside a block is kept to the token, and a stop from the caller too", async () => {
  for (const maxTokens of [1, 2, 3, 7, 8]) {
    const { tokens, reason } = await run([1], { target: counting(), drafter: near5(), draftTokens: 5, maxTokens });
    assert.equal(tokens.length, maxTokens);
    assert.equal(reason, "length");
  }
  const stopped = await run([1], {
    target: counting(),
    drafter: near5(),
    draftTokens: 5,
    stop: (token) => token === 9,
  });
  assert.deepEqual(stopped.tokens, [2, 3, 4, 5, 6, 7, 8, 9]);
  assert.equal((await run([1], { target: counting(), drafter: near5(), maxTokens: 0 })).tokens.length, 0);
});
const near5 = (): Drafter => scripted(Array.from({ length: 90 }, (_, i) => i + 2));

test("an answer ends with reason length where the context is full", async () => {
  const model = tableModel({ vocabulary: 4, contextLength: 10, logits: () => [0, 1, 2, 3] });
  const { tokens, reason } = await run([1, 2, 3], { target: model, drafter: modelDrafter(model), draftTokens: 4 });
  assert.equal(tokens.length, 7);
  assert.equal(reason, "length");
});

test("a session that holds part of the prompt already is not given it again, and the answer is the same", async () => {
  const prompt = [1, 3, 5, 7];
  const cold = await run(prompt, { target, drafter: near(), maxTokens: 20 });
  assert.equal(cold.counters.cached, 0);
  for (const held of [0, 1, 3, 4]) {
    const ran: number[] = [];
    const warm: typeof target = {
      ...target,
      async open() {
        const session = await target.open();
        await session.append(prompt.slice(0, held));
        const append: typeof session.append = (tokens, options) => {
          if (session.length < prompt.length) ran.push(...tokens);
          return session.append(tokens, options);
        };
        return Object.assign(Object.create(session) as typeof session, { append });
      },
    };
    const { tokens, counters } = await run(prompt, { target: warm, drafter: near(), maxTokens: 20 });
    const cached = Math.min(held, 3);
    assert.deepEqual([tokens, counters], [cold.tokens, { ...cold.counters, cached }]);
    assert.deepEqual(ran, prompt.slice(cached));
  }
});

test("it does so at every offset of a block, strictly and not, with draft models of shorter and longer contexts", async () => {
  const model = (contextLength: number, noise: number) => noisyModel({ vocabulary, seed: 3, noise, contextLength });
  const target = model(20, 0);
  for (let length = 1; length <= 20; length++) {
    const prompt = Array.from({ length }, (_, i) => 1 + (i % 11));
    const plain = await run(prompt, { target });
    assert.deepEqual([plain.tokens.length, plain.reason], [20 - length, "length"]);
    for (const draftTokens of [1, 3, 16]) {
      for (const context of [1, 9, 20, 50]) {
        const options = { target, draftTokens, drafter: modelDrafter(model(context, 1)) };
        assert.deepEqual((await run(prompt, options)).tokens, plain.tokens);
        const lossy = await run(prompt, { ...options, verifier: or(sd(), kl({ threshold: 0.4, maxConfidence: 0.9 })) });
        assert.deepEqual([lossy.tokens.length, lossy.reason], [20 - length, "length"]);
      }
    }
  }
});

test("the counters keep their identities on random runs", async () => {
  const verifiers: readonly Verifier[] = [
    sd(),
    or(sd(), kl({ threshold: 0.3 })),
    kl({ threshold: 1, rows: "processed" }),
  ];
  const random = seeded(99);
  for (let i = 0; i < 150; i++) {
    const drafter = i % 5 === 4 ? lookupDrafter() : near();
    const verifier = i % 5 === 4 ? sd() : (verifiers[i % 3] as Verifier);
    const draftTokens = Math.floor(random() * 8);
    const stop = i % 2 === 0 ? undefined : (token: Token) => token === 7;
    const { emitted, counters: c } = await run([1 + (i % 11)], {
      target,
      drafter,
      verifier,
      draftTokens,
      seed: i,
      maxTokens: 1 + (i % 40),
      sampling: { temperature: i % 2 },
      stop,
    });
    assert.equal(c.evaluated, c.accepted + c.rejected);
    assert.equal(c.emitted, c.accepted + c.replacements + c.bonuses - c.ignored);
    assert.equal(c.emitted, emitted.length);
    assert.equal(
      c.accepted,
      Object.values(c.acceptedBy).reduce((a, b) => a + b, 0),
    );
    assert.equal(
      c.rounds,
      c.histogram.reduce((a, b) => a + b, 0),
    );
    assert.equal(
      c.accepted,
      c.histogram.reduce((sum, rounds, n) => sum + rounds * n, 0),
    );
    assert.ok(c.relaxed <= c.accepted && c.accepted <= c.evaluated && c.evaluated <= c.drafted);
    assert.ok(c.replacements <= c.rejected && c.replacements + c.bonuses <= c.rounds);
    if (verifier.law === "exact") assert.equal(c.relaxed, 0);
  }
});

test("a trace tells probabilities of both models for drafted tokens", async () => {
  const { emitted } = await run([3], { target, drafter: near(), draftTokens: 4, maxTokens: 20, trace: true });
  for (const { source, p, q, kl } of emitted) {
    assert.ok(p !== undefined && p > 0 && p <= 1);
    if (source === "draft") assert.ok(q !== undefined && q > 0 && kl !== undefined && kl >= 0);
  }
});

describe("a token says whether it was accepted by relaxation", () => {
  const registry = defaultRegistry();
  const emittedBy = (policy: unknown, temperature: number, seed: number) =>
    run([1 + (seed % 11)], {
      target,
      drafter: near(),
      verifier: registry.create(policy),
      draftTokens: 6,
      maxTokens: 50,
      seed,
      sampling: { temperature },
    });
  test("and the counter counts those tokens, whatever ends the answer", async () => {
    for (const policy of [
      "judi",
      { type: "exact" },
      { type: "topk", k: 3, delta: 0.9 },
      { type: "threshold", accept: 0.5, single: 0.9 },
    ]) {
      for (const temperature of [0, 1]) {
        let relaxed = 0;
        for (let seed = 0; seed < 12; seed++) {
          const { emitted, counters } = await emittedBy(policy, temperature, seed);
          assert.equal(emitted.filter((token) => token.relaxed).length, counters.relaxed);
          assert.ok(emitted.every((token) => !token.relaxed || token.source === "draft"));
          relaxed += counters.relaxed;
        }
        if (policy === "judi") assert.ok(relaxed > 0);
      }
    }
  });
  test("no token of a lossless rule is, whatever the rule's name", async () => {
    for (const policy of [
      "strict",
      "block",
      { type: "threshold" },
      { type: "lenience", lenience: 1 },
      { type: "cascade", alpha: -1 },
    ]) {
      let drafted = 0;
      for (let seed = 0; seed < 12; seed++) {
        const { emitted } = await emittedBy(policy, 1, seed);
        drafted += emitted.filter(({ source }) => source === "draft").length;
        assert.ok(emitted.every(({ relaxed }) => !relaxed));
      }
      assert.ok(drafted > 0);
    }
  });
});

test("a number of draft tokens is the limit of every round, and the default is no number", async () => {
  const asked = async (options: Partial<DecodeOptions>) => {
    let longest = 0;
    const drafter: Drafter = {
      ...scripted([]),
      propose: async ({ limit }) => {
        longest = Math.max(longest, limit);
        return { tokens: [] };
      },
    };
    for await (const _ of decode([1], { target: counting(), drafter, maxTokens: 60, ...options }));
    return longest;
  };
  const strict = defaultRegistry().create("strict");
  assert.equal(await asked({ verifier: strict, draftTokens: 5 }), 5);
  assert.equal(await asked({ verifier: strict, draftTokens: 23 }), 23);
  const [usual, auto] = [await asked({}), await asked({ draftTokens: "auto" })];
  assert.ok(usual > 0 && usual <= 16, `${usual}`);
  assert.equal(auto, usual);
});

describe("a drafter is closed", () => {
  const watched = () => {
    let closed = 0;
    const drafter: Drafter = { ...near(), close: () => void closed++ };
    return { drafter, closed: () => closed };
  };
  const after = async (use: (drafter: Drafter) => Promise<unknown>) => {
    const { drafter, closed } = watched();
    await use(drafter);
    assert.equal(closed(), 1);
  };
  const letters: Tokenizer = {
    vocabulary,
    special: new Set(),
    encode: () => [1],
    decode: (tokens) => tokens.join(" "),
  };
  const failing = (error: string) => () => {
    throw new Error(error);
  };

  test("when the request is refused before the first token", async () => {
    await after((drafter) => assert.rejects(run([], { target, drafter }), /no tokens/));
    await after((drafter) => assert.rejects(run([1], { target, drafter, draftTokens: -1 }), /draftTokens is -1/));
    await after((drafter) => assert.rejects(run([1], { target, drafter, sampling: { topP: 2 } }), /topP is 2/));
    const draftless = { ...letters, encode: failing("no encoding") };
    await after((drafter) => assert.rejects(complete("a", { target, tokenizer: draftless, drafter }), /no encoding/));
    await after((drafter) =>
      assert.rejects(complete("a", { target, tokenizer: letters, drafter, stop: [""] }), /stop string is empty/),
    );
  });
  test("when the target opens no session, or one that fails", async () => {
    const shut = { ...target, open: async () => failing("no room")() };
    await after((drafter) => assert.rejects(run([1], { target: shut, drafter }), /no room/));
    const stuck = {
      ...target,
      open: async () => Object.assign(Object.create(await counting().open()), { close: failing("does not close") }),
    };
    await after((drafter) => assert.rejects(run([1], { target: stuck, drafter, maxTokens: 3 }), /does not close/));
  });
  test("when the answer is finished, left early or cancelled", async () => {
    const target = randomModel({ vocabulary, seed: 1 });
    await after((drafter) => run([1], { target, drafter, maxTokens: 5 }));
    await after(async (drafter) => {
      for await (const _ of decode([1], { target, drafter })) break;
    });
    await after((drafter) =>
      assert.rejects(run([1], { target, drafter, signal: AbortSignal.abort() }), { code: "aborted" }),
    );
    assert.equal(target.openSessions, 0);
  });
  test("also one whose own session could not be opened: the error is that of its proposal", async () => {
    const shut = { ...randomModel({ vocabulary, seed: 1 }), open: async () => failing("no room for the draft")() };
    const drafter = modelDrafter(shut);
    await assert.rejects(run([1], { target: randomModel({ vocabulary, seed: 1 }), drafter }), /no room for the draft/);
    await drafter.close();
  });
});

test("a custom verifier of a few lines decides, and one that decides on too few tokens is named", async () => {
  const even: Verifier = {
    name: "even",
    law: "none",
    verify: ({ draft }) => ({ accept: draft.map((token) => token % 2 === 0) }),
  };
  const { emitted } = await run([1], {
    target: counting(),
    drafter: scripted([2, 4, 6, 7]),
    draftTokens: 4,
    maxTokens: 4,
    verifier: even,
  });
  assert.deepEqual(
    emitted.map(({ token, by }) => [token, by]),
    [
      [2, "even"],
      [4, "even"],
      [6, "even"],
      [7, undefined],
    ],
  );
  const broken: Verifier = { name: "broken", law: "none", verify: () => ({ accept: [] }) };
  await assert.rejects(
    run([1], { target: counting(), drafter: scripted([2]), verifier: broken }),
    /"broken" decided on 0 tokens; expected 1/,
  );
});

describe("what decode refuses before the first token", () => {
  const refused = async (prompt: readonly Token[], options: DecodeOptions, code: string, message: RegExp) => {
    await assert.rejects(run(prompt, options), (error: { code?: string; message: string }) => {
      assert.equal(error.code, code);
      assert.match(error.message, message);
      return true;
    });
    assert.equal(target.openSessions, 0);
  };
  test("an empty prompt, one too long, and one with unknown ids", async () => {
    await refused([], { target }, "invalid_request", /at least one/);
    await refused([1, 12], { target }, "invalid_request", /token 12.*0 to 11/);
    const small = tableModel({ vocabulary: 4, contextLength: 2, logits: () => [0, 0, 0, 1] });
    await refused([1, 1, 1], { target: small }, "context_full", /3 tokens.*holds 2/);
  });
  test("a policy that the drafter or the model cannot feed, with what is missing", async () => {
    await refused(
      [1],
      { target, drafter: lookupDrafter(), verifier: kl({ threshold: 1 }) },
      "unsupported",
      /only proposes tokens/,
    );
    const judging: Verifier = {
      name: "j",
      law: "none",
      needs: { hidden: "pre-norm" },
      verify: ({ draft }) => ({ accept: draft.map(() => true) }),
    };
    await refused([1], { target, drafter: near(), verifier: judging }, "unsupported", /pre-norm hidden states/);
  });
  test("drafts for a target that scores only the last position of a block, which decodes plainly", async () => {
    const lastOnly = { ...target, lastOnly: true };
    const message = /scores only the last position of a block\. Set the number of draft tokens to 0 for plain decoding/;
    await refused([1], { target: lastOnly, drafter: near() }, "unsupported", message);
    await refused(
      [1],
      { target: alignVocabulary(lastOnly, { vocabulary: 11 }), drafter: near() },
      "unsupported",
      message,
    );
    const plain = await run([1], { target, maxTokens: 20 });
    for (const options of [{ drafter: near(), draftTokens: 0 }, { drafter: undefined }]) {
      assert.deepEqual((await run([1], { target: lastOnly, ...options, maxTokens: 20 })).tokens, plain.tokens);
    }
  });
  test("a drafter with another vocabulary", async () => {
    await refused(
      [1],
      { target, drafter: modelDrafter(randomModel({ vocabulary: 5, seed: 1 })) },
      "unsupported",
      /5 token ids.*12/,
    );
  });
  test("settings out of range", async () => {
    await refused([1], { target, drafter: near(), draftTokens: -1 }, "invalid_request", /draftTokens is -1/);
    await refused([1], { target, sampling: { temperature: Number.NaN } }, "invalid_request", /temperature is NaN/);
    await refused([1], { target, maxTokens: -3 }, "invalid_request", /maxTokens is -3/);
    await refused([1], { target, maxTokens: Number.NaN }, "invalid_request", /maxTokens is NaN/);
  });
});

test("logits of NaN are reported, and no session stays open", async () => {
  const broken = tableModel({
    vocabulary: 3,
    logits: (context) => (context.length > 4 ? [0, Number.NaN, 1] : [0, 1, 2]),
  });
  const drafterModel = tableModel({ vocabulary: 3, logits: () => [0, 1, 2] });
  await assert.rejects(run([1], { target: broken, drafter: modelDrafter(drafterModel), draftTokens: 3 }), {
    code: "bad_logits",
  });
  assert.equal(broken.openSessions + drafterModel.openSessions, 0);
});

test("a cancelled or abandoned request frees its sessions", async () => {
  const model = randomModel({ vocabulary, seed: 4 });
  const drafting = randomModel({ vocabulary, seed: 4 });
  const abort = new AbortController();
  let rounds = 0;
  await assert.rejects(
    async () => {
      for await (const event of decode([1], {
        target: model,
        drafter: modelDrafter(drafting),
        draftTokens: 2,
        signal: abort.signal,
      })) {
        if (event.type === "round" && ++rounds === 3) abort.abort();
      }
    },
    { code: "aborted" },
  );
  assert.equal(rounds, 3);
  for await (const event of decode([1], { target: model, drafter: modelDrafter(drafting) }))
    if (event.type === "round") break;
  assert.equal(model.openSessions + drafting.openSessions, 0);
});

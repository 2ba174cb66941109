/** Decoding under a grammar: the faults that speculation invites, and text that the grammar forces. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  bannedTokens,
  type DecodeOptions,
  type Drafter,
  decode,
  defaultRegistry,
  type EmittedToken,
  exact,
  forcedDrafter,
  frequencyPenalty,
  type Grammar,
  kl,
  logitBias,
  lookupDrafter,
  minimumLength,
  modelDrafter,
  or,
  presencePenalty,
  processedRow,
  repetitionPenalty,
  sampling,
  sd,
  type Token,
} from "@lenity/core";
import {
  type BracketState,
  bracketGrammar,
  brackets,
  follows,
  noisyModel,
  randomModel,
  scoringModel,
  tableModel,
} from "@lenity/core/testing";

const vocabulary = 9;
const eos = [0];
const grammar = bracketGrammar(vocabulary);
const { open, close, quote } = brackets;
const letter = 7;

async function run(options: DecodeOptions, prompt: readonly Token[] = [letter]) {
  const emitted: EmittedToken[] = [];
  for await (const event of decode(prompt, { draftTokens: 8, ...options })) {
    if (event.type === "round") emitted.push(...event.tokens);
    else return { emitted, tokens: emitted.map(({ token }) => token), ...event };
  }
  throw new Error("decode() ended without a finish event.");
}

/** Proposes these tokens for the answer, at whatever place it is. */
const scripted = (answer: readonly Token[]): Drafter => ({
  name: "scripted",
  rows: false,
  propose: async ({ context, limit }) => ({ tokens: answer.slice(context.length - 1, context.length - 1 + limit) }),
  close() {},
});

/** After any context, `first` is most likely, then the tokens of `then` in their order. */
const wanting = (first: Token, ...then: readonly Token[]) =>
  tableModel({
    vocabulary,
    eos,
    logits: () => {
      const order = [first, ...then];
      return Array.from({ length: vocabulary }, (_, token) => (order.includes(token) ? 9 - order.indexOf(token) : 0));
    },
  });

/** The grammar, which throws where the loop must not ask: after EOS, after an illegal token, or for a state not its own. */
function watched(inner: Grammar<BracketState>): Grammar<BracketState> & { readonly asked: number } {
  const own = new WeakSet<BracketState>([inner.start]);
  let asked = 0;
  const known = (state: BracketState) => {
    asked++;
    assert.ok(own.has(state), "the grammar was asked about a state that it never returned");
  };
  return {
    start: inner.start,
    mask(state, out) {
      known(state);
      assert.ok(
        out.every((word) => word === 0),
        "the mask was not empty",
      );
      inner.mask(state, out);
    },
    advance(state, token) {
      known(state);
      assert.ok(!eos.includes(token), "the grammar was advanced by EOS");
      const next = inner.advance(state, token);
      if (next !== undefined) own.add(next);
      return next;
    },
    accepting(state) {
      known(state);
      return inner.accepting(state);
    },
    forced(state) {
      known(state);
      return inner.forced?.(state) ?? [];
    },
    get asked() {
      return asked;
    },
  };
}

describe("a fault that others shipped:", () => {
  test("the bonus row is masked too", async () => {
    // The target agrees with the whole draft, and would then like a letter where only EOS, ( or a quote may follow.
    const target = wanting(letter, close, open);
    const draft = [open, letter, letter, close];
    const { emitted } = await run({
      target,
      grammar,
      drafter: scripted(draft),
      verifier: or(sd(), all()),
      maxTokens: 5,
    });
    assert.deepEqual(
      emitted.map(({ token, source }) => `${token} ${source}`),
      [...draft.map((token) => `${token} draft`), `${open} bonus`],
    );
  });

  test("the grammar is not asked about EOS, nor about what a draft says after it", async () => {
    const target = wanting(0, close, open);
    for (const [drafter, drafted] of [
      [scripted([open, close, 0, open, close, 0]), 3],
      // It drafts after the prompt's token.
      [eager([open, close, 0, open, close]), 2],
    ] as const) {
      const checked = watched(grammar);
      const { tokens, reason, counters } = await run({ target, grammar: checked, drafter, draftTokens: 5 });
      assert.deepEqual([tokens, reason, counters.drafted], [[open, close, 0], "stop", drafted]);
      assert.ok(checked.asked > 0);
    }
  });

  test("after a rejection the grammar goes on from the tokens of the answer", async () => {
    // Each block opens three brackets; the target opens one and then wants to close it.
    let context = 0;
    const target = tableModel({
      vocabulary,
      eos,
      logits: (tokens) => {
        context = Math.max(context, tokens.length);
        const last = tokens.at(-1);
        return Array.from({ length: vocabulary }, (_, token) => (token === (last === open ? close : open) ? 9 : 0));
      },
    });
    const opening: Drafter = {
      name: "opening",
      rows: false,
      propose: async ({ limit }) => ({ tokens: [open, open, open].slice(0, limit) }),
      close() {},
    };
    const { tokens, counters } = await run({ target, grammar: watched(grammar), drafter: opening, maxTokens: 20 });
    assert.deepEqual(tokens, Array.from({ length: 10 }, () => [open, close]).flat());
    assert.ok(counters.rejected > 5);
  });

  test("a region that ends inside a drafted block is free before its end and bound after it", async () => {
    const end = 8;
    /** Anything up to `end`, then brackets. */
    const afterThinking: Grammar<BracketState | "free"> = {
      start: "free",
      mask: (state, out) => (state === "free" ? void out.fill(0xffffffff) : grammar.mask(state, out)),
      advance: (state, token) =>
        state !== "free" ? grammar.advance(state, token) : token === end ? grammar.start : "free",
      accepting: (state) => state !== "free" && grammar.accepting(state),
    };
    // Bound from the end on, letters outside brackets are illegal; before it they are not, and EOS is.
    const target = wanting(0, letter, open);
    const draft = [letter, close, end, letter, open, close];
    const options = { target, grammar: afterThinking, verifier: or(sd(), all()), draftTokens: 6, maxTokens: 7 };
    const { emitted, counters } = await run({ ...options, drafter: scripted(draft) });
    assert.deepEqual(
      emitted.slice(0, 4).map(({ token, source }) => `${token} ${source}`),
      [`${letter} draft`, `${close} draft`, `${end} draft`, `${open} bonus`],
    );
    assert.equal(counters.drafted >= 3, true);
    const whole = await run({ ...options, drafter: scripted([letter, end, open, letter, close]), maxTokens: 6 });
    assert.deepEqual(whole.tokens, [letter, end, open, letter, close, 0]);
  });

  test("a call that opens inside a drafted block is bound from its first token on", async () => {
    const [call, back] = [6, 8];
    /** Free text, in which `call` opens brackets that `back` ends once they are balanced. */
    const calls: Grammar<BracketState | "free"> = {
      start: "free",
      mask(state, out) {
        for (let token = 0; token < vocabulary; token++)
          if (this.advance(state, token) !== undefined) out[0] = (out[0] as number) | (1 << token);
      },
      advance(state, token) {
        if (state === "free") return token === call ? grammar.start : token === back ? undefined : "free";
        if (token === back) return grammar.accepting(state) ? "free" : undefined;
        return token === call ? undefined : grammar.advance(state, token);
      },
      accepting: (state) => state === "free",
    };
    const target = wanting(letter, close, open, back);
    const draft = [letter, call, letter, letter];
    const options = { target, grammar: calls, verifier: or(sd(), all()), draftTokens: 4, maxTokens: 6 };
    assert.deepEqual(
      (await run({ ...options, drafter: scripted(draft) })).tokens,
      // The letter after the call is cut from the draft, and the target's favourite among what is legal comes instead.
      [letter, call, open, letter, letter, letter],
    );
  });
});

describe("text that the grammar forces", () => {
  const target = randomModel({ vocabulary, seed: 4, eos });
  const draft = () => modelDrafter(noisyModel({ vocabulary, seed: 4, noise: 1.5, eos }));
  const options = { target, grammar, draftTokens: 6, maxTokens: 40 };

  test("is drafted without a model, and always accepted", async () => {
    const processors = [logitBias({ [quote[0]]: 3 }), minimumLength(20, eos)];
    const { emitted, counters } = await run({ ...options, processors, drafter: forcedDrafter() });
    const quotes = emitted.filter(({ token }) => token === quote[0]).length;
    assert.ok(quotes > 2);
    // The last token of an answer is never drafted.
    assert.ok(counters.drafted >= 2 * quotes - 2);
    assert.deepEqual([counters.rejected, counters.accepted], [0, counters.drafted]);
    for (const { token, source } of emitted)
      if (source === "draft") assert.ok(token === quote[1] || token === quote[2]);
  });

  test("comes before and after what another drafter drafts, with rows for each token", async () => {
    let asked = 0;
    const inner: Drafter = {
      ...draft(),
      propose: async (request) => {
        asked++;
        assert.deepEqual(request.context.slice(-2), [4, 5]);
        assert.equal(request.uniform.length, request.limit);
        return modelDrafter(wanting(quote[0], open)).propose({ ...request, limit: 1 });
      },
    };
    const committed = [letter, quote[0]];
    const shaping = {
      vocabulary,
      shape: () => true,
      forced: (drafted: readonly Token[]) =>
        drafted.length === 0 ? [4, 5] : drafted.length === 3 ? [4, 5] : ([] as Token[]),
    };
    const { tokens, evidence } = await forcedDrafter(inner).propose({
      context: committed,
      limit: 4,
      sampling: { temperature: 1, topK: 0, topP: 1, minP: 0 },
      uniform: [0.1, 0.1, 0.5, 0.5],
      shaping,
    });
    assert.equal(asked, 1);
    assert.deepEqual(tokens, [4, 5, quote[0], 4]);
    assert.equal(evidence?.length, 4);
    for (const at of [0, 1, 3]) assert.equal(evidence?.probability(at, tokens[at] as Token), 1);
    const own = evidence?.probability(2, quote[0]) ?? 1;
    assert.ok(own > 0.1 && own < 1);
  });

  test("saves passes of the draft model and of the target, and changes no word", async () => {
    const passes = async (drafter: Drafter, seed: number) => {
      const { tokens, counters } = await run({ ...options, target: randomModel({ vocabulary, seed, eos }), drafter });
      return { tokens, rounds: counters.rounds };
    };
    let saved = 0;
    for (let seed = 0; seed < 20; seed++) {
      const model = () => modelDrafter(randomModel({ vocabulary, seed: seed + 100, eos }));
      const [plain, forced] = [await passes(model(), seed), await passes(forcedDrafter(model()), seed)];
      assert.deepEqual(forced.tokens, plain.tokens);
      saved += plain.rounds - forced.rounds;
    }
    assert.ok(saved >= 0, `${saved} rounds`);
    const alone = await run({ ...options, drafter: forcedDrafter() });
    const none = await run(options);
    assert.deepEqual(alone.tokens, none.tokens);
    assert.ok(alone.counters.rounds < none.counters.rounds);
  });

  test("is left to the other drafter without a grammar, and the other drafter is closed with it", async () => {
    const inner = randomModel({ vocabulary, seed: 4, eos });
    const without = { target, draftTokens: 6, maxTokens: 40 };
    const wrapped = await run({ ...without, drafter: forcedDrafter(modelDrafter(inner)) });
    assert.deepEqual(wrapped, await run({ ...without, drafter: modelDrafter(inner) }));
    assert.equal(inner.openSessions, 0);
    assert.equal((await run({ ...without, drafter: forcedDrafter() })).counters.drafted, 0);
  });
});

describe("an answer", () => {
  const registry = defaultRegistry();
  const target = (seed: number) => randomModel({ vocabulary, seed, eos });

  test("ends only where the grammar accepts, and not before its minimum length", async () => {
    let stopped = 0;
    for (let seed = 0; seed < 60; seed++) {
      const least = seed % 7;
      const { tokens, reason } = await run({
        target: target(seed),
        grammar,
        processors: [minimumLength(least, eos)],
        drafter: modelDrafter(noisyModel({ vocabulary, seed, noise: 1.5, eos })),
        draftTokens: 5,
        maxTokens: 40,
        sampling: { temperature: 1 },
        seed,
      });
      assert.ok(follows(grammar, tokens, new Set(eos)), tokens.join(" "));
      assert.equal(reason === "stop", tokens.at(-1) === 0);
      if (reason === "stop") assert.ok(tokens.length > least);
      if (reason === "stop") stopped++;
    }
    assert.ok(stopped > 20);
  });

  test("is the same from a target that scores on a device: its rows are fetched", async () => {
    for (const policy of ["strict", "judi", { type: "typical" }]) {
      for (const temperature of [0, 1]) {
        const options = { grammar, processors: [bannedTokens([8])], sampling: { temperature }, maxTokens: 30, seed: 3 };
        const decoded = (model: DecodeOptions["target"]) =>
          run({
            ...options,
            target: model,
            verifier: registry.create(policy),
            drafter: modelDrafter(noisyModel({ vocabulary, seed: 4, noise: 1.5, eos })),
          });
        assert.deepEqual(await decoded(scoringModel(target(4))), await decoded(target(4)));
      }
    }
  });

  test("needs no draft where the draft model lacks what the grammar asks for", async () => {
    const lacking = tableModel({
      vocabulary,
      eos,
      logits: (context) =>
        target(4)
          .logits(context)
          .map((logit, token) => (token === quote[1] ? Number.NEGATIVE_INFINITY : logit)),
    });
    const options = { target: target(4), grammar, maxTokens: 40 };
    const { tokens } = await run({ ...options, drafter: modelDrafter(lacking) });
    assert.ok(tokens.includes(quote[1]));
    assert.deepEqual(tokens, (await run(options)).tokens);
  });

  test("under a rule that follows the target's argmax takes the most probable token that is allowed", async () => {
    const drafter = () => modelDrafter(noisyModel({ vocabulary, seed: 4, noise: 1.5, eos }));
    const options = { target: target(4), grammar, maxTokens: 40 };
    const plain = await run(options);
    for (const verifier of [exact(), or(sd(), kl({ threshold: 0 }))]) {
      assert.deepEqual((await run({ ...options, drafter: drafter(), verifier })).tokens, plain.tokens);
    }
  });
});

test("a drafter that steps draws from its own rows, shaped like the target's, and drafts nothing illegal", async () => {
  const model = noisyModel({ vocabulary, seed: 4, noise: 1.5, eos });
  const settings = sampling({ temperature: 1 });
  const processors = [repetitionPenalty(1.5), frequencyPenalty(0.5), bannedTokens([8])];
  let drafted = 0;
  const inner = modelDrafter(model);
  const drafter: Drafter = {
    ...inner,
    async propose(request) {
      const { tokens, evidence } = await inner.propose(request);
      for (const [at, token] of tokens.entries()) {
        const context = [...request.context, ...tokens.slice(0, at)];
        const answer = context.slice(1);
        const logits = model.logits(context);
        for (const processor of processors) processor.process(logits, context, 1);
        for (let next = 0; next < vocabulary; next++)
          if (!follows(grammar, [...answer, next], new Set(eos))) logits[next] = Number.NEGATIVE_INFINITY;
        assert.deepEqual(evidence?.row(at), processedRow(logits, settings));
        assert.ok(follows(grammar, [...answer, token], new Set(eos)));
        drafted++;
      }
      return { tokens, evidence };
    },
  };
  const target = randomModel({ vocabulary, seed: 4, eos });
  for (let seed = 0; seed < 12; seed++)
    await run({ target, drafter, grammar, processors, maxTokens: 60, sampling: settings, seed });
  assert.ok(drafted > 40);
});

test("a drafter may look at several continuations before it chooses one", async () => {
  const legal: string[] = [];
  const curious: Drafter = {
    name: "curious",
    rows: false,
    async propose({ context, shaping }) {
      if (context.length > 1) return { tokens: [] };
      for (const drafted of [[open, quote[0]], [open, letter], [open, quote[0], 4], [], [open, open, open], [close]]) {
        const logits = new Float32Array(vocabulary);
        const left = shaping?.shape(logits, drafted);
        const tokens = [...logits.keys()].filter((token) => logits[token] === 0);
        assert.equal(left, tokens.length > 0);
        legal.push(`${drafted.join("")}: ${tokens.join("")}`);
      }
      return { tokens: [open, letter] };
    },
    close() {},
  };
  await run({ target: randomModel({ vocabulary, seed: 4, eos }), grammar, drafter: curious, maxTokens: 5 });
  assert.deepEqual(legal, ["13: 4", "17: 123678", "134: 5", ": 13", "111: 23678", "2: "]);
});

describe("a request is refused", () => {
  test("if its target has no end token, before the first one", async () => {
    const target = randomModel({ vocabulary, seed: 1 });
    await assert.rejects(run({ target, grammar }), { code: "unsupported", path: "grammar" });
  });

  test("where its processors ban all that its grammar allows", async () => {
    const processors = [bannedTokens([open, quote[0]])];
    const refused = { code: "invalid_request", kind: "nothing_left" };
    const target = randomModel({ vocabulary, seed: 1, eos });
    await assert.rejects(run({ target, grammar, processors }), refused);
    // Not because of a place that the answer never reaches.
    const drafter = eager([open, letter, letter]);
    const nowhere = await run({
      ...{ target: wanting(letter, open, close), grammar, drafter, processors: [bannedTokens([quote[0]])] },
      maxTokens: 6,
    });
    assert.equal(nowhere.tokens.length, 6);
  });
});

test("what is complete by the grammar ends, also below a minimum length, drafted or not", async () => {
  const inner: Grammar<BracketState> = {
    ...grammar,
    mask: (state, out) => grammar.accepting(state) || grammar.mask(state, out),
    advance: (state, token) => (grammar.accepting(state) ? undefined : grammar.advance(state, token)),
  };
  const processors = [minimumLength(50, eos), logitBias({ 0: -100 })];
  let short = 0;
  for (let seed = 0; seed < 20; seed++) {
    const request = { target: randomModel({ vocabulary, seed, eos }), grammar: inner, processors, maxTokens: 60 };
    const plain = await run(request);
    if (plain.reason === "stop" && plain.tokens.length < 50) short++;
    for (const drafter of [modelDrafter(noisyModel({ vocabulary, seed, noise: 1, eos })), forcedDrafter()]) {
      const drafted = await run({ ...request, drafter, draftTokens: 7 });
      assert.deepEqual([drafted.tokens, drafted.reason], [plain.tokens, plain.reason]);
    }
  }
  assert.ok(short > 5, `${short} answers ended early`);
});

/** At temperature 0, strict decoding with any drafter says what plain decoding says. */
describe("strict decoding at temperature 0 equals plain decoding with the same processors and grammar", () => {
  const drafters: Readonly<Record<string, (seed: number) => Drafter>> = {
    "a draft model": (seed) => modelDrafter(noisyModel({ vocabulary, seed, noise: 2, eos })),
    "a draft model without shaping": (seed) => unshaped(modelDrafter(noisyModel({ vocabulary, seed, noise: 2, eos }))),
    lookup: () => lookupDrafter(),
    "forced text": () => forcedDrafter(),
    "forced text and a draft model": (seed) =>
      forcedDrafter(modelDrafter(noisyModel({ vocabulary, seed, noise: 2, eos }))),
    "forced text and lookup": () => forcedDrafter(lookupDrafter()),
  };
  test("which change the answers", async () => {
    for (const request of requests) {
      let changed = 0;
      for (let seed = 0; seed < 10; seed++) {
        const options = { target: randomModel({ vocabulary, seed, eos }), maxTokens: 60 };
        if ((await run({ ...options, ...request })).tokens.join() !== (await run(options)).tokens.join()) changed++;
      }
      assert.ok(changed > 2, `${changed} of 10`);
    }
  });
  for (const draftTokens of [1, 4, 16, 25]) {
    for (const [name, drafter] of Object.entries(drafters)) {
      test(`with ${name}, in blocks of ${draftTokens}`, async () => {
        let accepted = 0;
        for (let seed = 0; seed < 25; seed++) {
          const request = { ...requests[seed % requests.length], maxTokens: 60 };
          const target = randomModel({ vocabulary, seed, eos });
          const prompt = [1 + (seed % 8), 3, 5].slice(0, 1 + (seed % 3));
          const plain = await run({ target, ...request }, prompt);
          for (const verifier of [sd(), defaultRegistry().create("block")]) {
            const strict = await run({ target, ...request, verifier, drafter: drafter(seed), draftTokens }, prompt);
            assert.deepEqual([strict.tokens, strict.reason], [plain.tokens, plain.reason]);
            assert.equal(strict.counters.relaxed, 0);
            accepted += strict.counters.accepted;
          }
        }
        assert.ok(accepted > 0);
      });
    }
  }
});
/** Accepts every drafted token. */
function all() {
  return {
    name: "all",
    law: "none" as const,
    verify: ({ draft }: { draft: readonly Token[] }) => ({ accept: draft.map(() => true) }),
  };
}

/** Drafts like `scripted`, with rows that give some mass to everything. */
function eager(answer: readonly Token[]): Drafter {
  const model = tableModel({
    vocabulary,
    logits: (context) =>
      Array.from({ length: vocabulary }, (_, token) => (token === answer[context.length - 1] ? 9 : 0)),
  });
  return unshaped(modelDrafter(model));
}

/** The drafter, which does not learn of processors and grammar. */
function unshaped(drafter: Drafter): Drafter {
  return { ...drafter, propose: (request) => drafter.propose({ ...request, shaping: undefined }) };
}

/** Penalties, biases, bans, and the grammar, alone and together. */
const penalties = [repetitionPenalty(1.5), presencePenalty(0.6), frequencyPenalty(0.3)];
const requests: readonly Pick<DecodeOptions, "processors" | "grammar">[] = [
  { processors: penalties },
  { processors: [logitBias({ 2: 3, 6: -100 }), minimumLength(9, eos), bannedTokens([5])] },
  { grammar },
  { grammar, processors: [...penalties, logitBias({ [close]: 2 })] },
];

/**
 * Padding, gaps and pairs of unequal vocabularies: what no token has is never said, and the law over the rest is the
 * model's own.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  alignVocabulary,
  complete,
  type DecodeOptions,
  type Drafter,
  decode,
  defaultRegistry,
  type HiddenKind,
  type LanguageModel,
  logitsEvidence,
  lookupDrafter,
  modelDrafter,
  type Policy,
  sampling,
  sd,
  softmax,
  type Token,
  type Tokenizer,
} from "@lenity/core";
import { conformanceWidth, randomLogits, type TableModel, tableModel } from "@lenity/core/testing";

const weight = Array.from({ length: conformanceWidth }, (_, i) => i - 1);
/** One token per small letter but "d", which has no id of its own: a gap. */
const letters: Tokenizer = {
  vocabulary: 8,
  unused: new Set([3]),
  special: new Set([0]),
  encode: (text) => Array.from(text, (letter) => letter.charCodeAt(0) - 97),
  decode: (tokens, options) =>
    tokens
      .filter((token) => token > 0 || options?.special === true)
      .map((token) => String.fromCharCode(97 + token))
      .join(""),
};
const registry = defaultRegistry({
  judge: { hidden: "pre-norm", weight, bias: 0 },
  autojudge: { mean: weight, scale: weight.map(() => 1), weight, bias: 0 },
  tokenizer: letters,
});
const policies: readonly Policy[] = [
  ...registry.presets.map(({ name }) => name),
  ...registry.plugins.map(({ name, example }): Policy => ({ type: name, ...example })),
];

const salted = (seed: number, context: readonly Token[]) =>
  context.slice(-2).reduce((sum, token) => sum * 31 + token + 1, seed);

/** A model of `width` ids that would rather say padding, or an id without a token, than anything else. */
function padded(width: number, seed: number, kind?: HiddenKind, noise = 0): TableModel {
  const state = (context: readonly Token[]) => randomLogits(salted(seed, context), conformanceWidth, 1);
  return tableModel({
    vocabulary: width,
    eos: [0],
    name: `padded to ${width}`,
    hidden: kind === undefined ? undefined : { kind, width: conformanceWidth, state },
    logits(context) {
      const row = randomLogits(salted(seed, context), width, 2);
      const other = randomLogits(salted(seed + 900, context), width, noise);
      return row.map((value, id) =>
        id >= letters.vocabulary || id === 3 ? 60 + (id % 2) : value + (other[id] as number),
      );
    },
  });
}

async function said(prompt: readonly Token[], options: DecodeOptions): Promise<Token[]> {
  const tokens: Token[] = [];
  for await (const event of decode(prompt, options))
    if (event.type === "round") tokens.push(...event.tokens.map(({ token }) => token));
  return tokens;
}

const sayable = (token: Token): boolean => token >= 0 && token < letters.vocabulary && token !== 3;

describe("a model whose padding and gaps have the highest logits never says one", () => {
  for (const policy of [undefined, ...policies]) {
    test(policy === undefined ? "plainly" : `under ${JSON.stringify(policy)}`, async () => {
      const needs = policy === undefined ? undefined : registry.create(policy).needs;
      let tokens = 0;
      for (let seed = 0; seed < 24; seed++) {
        const temperature = needs?.mode === "greedy" ? 0 : needs?.mode === "sampled" ? 1 : seed % 2;
        const target = alignVocabulary(padded(12, seed, needs?.hidden), letters);
        const draft = alignVocabulary(padded(16, seed, undefined, 1.5), target);
        const drafter =
          policy === undefined
            ? undefined
            : seed % 4 === 3 && needs?.draftRows !== true
              ? lookupDrafter()
              : modelDrafter(draft);
        const verifier = policy === undefined ? undefined : registry.create(policy);
        const settings = seed % 3 === 2 ? { temperature, topK: 4, topP: 0.9 } : { temperature };
        const answer = await said([1, 2], {
          target,
          drafter,
          verifier,
          draftTokens: 1 + (seed % 7),
          sampling: settings,
          maxTokens: 25,
          seed,
        });
        tokens += answer.length;
        assert.deepEqual(
          answer.filter((token) => !sayable(token)),
          [],
        );
      }
      assert.ok(tokens > 100);
    });
  }
});

test("without alignment it emits nothing else: the tests above could fail", async () => {
  assert.ok((await said([1], { target: padded(12, 1), maxTokens: 10 })).every((token) => !sayable(token)));
});

test("generate fits the target to its tokenizer, with a drafter that is aligned too", async () => {
  const target = padded(12, 4);
  const drafter = () => modelDrafter(alignVocabulary(padded(10, 4, undefined, 1), letters));
  let tokens = 0;
  for (const temperature of [0, 1]) {
    const options = { target, tokenizer: letters, maxTokens: 30, sampling: { temperature }, seed: 2 };
    for (const answer of [await complete("bc", options), await complete("bc", { ...options, drafter: drafter() })]) {
      assert.ok(answer.tokens.every(({ token }) => sayable(token)));
      tokens += answer.tokens.length;
    }
  }
  assert.ok(tokens > 10);
  assert.equal(
    (await complete("bc", { target, tokenizer: letters, drafter: drafter(), maxTokens: 30 })).text,
    (await complete("bc", { target, tokenizer: letters, maxTokens: 30 })).text,
  );
  await assert.rejects(complete("b", { target, tokenizer: letters, drafter: modelDrafter(padded(12, 4)) }), {
    code: "unsupported",
    message: /12 token ids, and the target .* has 8; .*\(alignVocabulary\)/,
  });
});

describe("the law over the tokens that there are", () => {
  const rowsOf = async (model: LanguageModel, context: readonly Token[]) => {
    const session = await model.open();
    const { rows, logits } = await session.append(context);
    assert.equal(logits.length, rows * model.vocabulary);
    const evidence = logitsEvidence(logits, model.vocabulary, sampling({ temperature: 1 }));
    return Array.from({ length: rows }, (_, at) => evidence.row(at));
  };

  test("is the model's own, renormalised, row by row", async () => {
    const context = [1, 5, 2, 2, 7];
    const inner = tableModel({ vocabulary: 12, logits: (tokens) => randomLogits(salted(3, tokens), 12, 2) });
    const whole = await rowsOf(inner, context);
    for (const [at, row] of (await rowsOf(alignVocabulary(inner, letters), context)).entries()) {
      const raw = whole[at] as Float32Array;
      const mass = raw.reduce((sum, value, id) => sum + (sayable(id) ? value : 0), 0);
      for (let id = 0; id < 8; id++)
        assert.ok(Math.abs((row[id] as number) - (sayable(id) ? (raw[id] as number) / mass : 0)) < 1e-6);
    }
  });

  test("is what speculative sampling emits, counted over 30 000 first pairs of tokens", async () => {
    const model = { vocabulary: 3, unused: new Set([1]) };
    const logits = (seed: number) => (context: readonly Token[]) => [
      ...randomLogits(salted(seed, context), 3, 1),
      50,
      51,
    ];
    const target = alignVocabulary(tableModel({ vocabulary: 5, logits: logits(1) }), model);
    const draft = alignVocabulary(
      tableModel({ vocabulary: 4, logits: (context) => logits(2)(context).slice(0, 4) }),
      target,
    );
    const counts = new Map<string, number>();
    const runs = 30_000;
    for (let seed = 0; seed < runs; seed++) {
      const options = {
        target,
        drafter: modelDrafter(draft),
        draftTokens: 1 + (seed % 2),
        maxTokens: 2,
        sampling: { temperature: 1 },
        seed,
      };
      const key = (await said([0], options)).join();
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    const share = (context: readonly Token[], token: Token) => {
      const [a, , b] = logits(1)(context) as [number, number, number];
      return softmax(Float32Array.of(a, b))[token / 2] as number;
    };
    let square = 0;
    for (const [first, second] of [
      [0, 0],
      [0, 2],
      [2, 0],
      [2, 2],
    ] as const) {
      const expected = runs * share([0], first) * share([0, first], second);
      square += ((counts.get(`${first},${second}`) ?? 0) - expected) ** 2 / expected;
    }
    assert.equal(counts.size, 4);
    // 3 degrees of freedom: the 99.99 % quantile is 21.1.
    assert.ok(square < 21.1, `chi-square ${square}`);
  });
});

describe("a draft model with fewer tokens than its target", () => {
  const random = (vocabulary: number, seed: number) =>
    tableModel({
      vocabulary,
      eos: [0],
      logits: (context) => randomLogits(salted(seed, context), 9, 2).subarray(0, vocabulary),
    });

  test("never drafts one that it lacks, nor anything after one, and strict text stays the target's", async () => {
    let beyond = 0;
    let drafted = 0;
    for (let seed = 0; seed < 40; seed++) {
      const target = random(9, seed);
      const drafter: Drafter = modelDrafter(alignVocabulary(random(6, seed), target));
      const watched: Drafter = {
        ...drafter,
        async propose(request) {
          const draft = await drafter.propose(request);
          assert.ok(draft.tokens.every((token) => token < 6));
          if (request.context.some((token) => token >= 6)) assert.deepEqual(draft.tokens, []);
          drafted += draft.tokens.length;
          return draft;
        },
      };
      const plain = await said([1], { target, maxTokens: 20 });
      assert.deepEqual(await said([1], { target, drafter: watched, draftTokens: 4, maxTokens: 20 }), plain);
      if (plain.some((token) => token >= 6)) beyond++;
    }
    assert.ok(beyond > 5 && drafted > 50);
  });

  for (const policy of policies) {
    test(`gives clean verdicts under ${JSON.stringify(policy)}`, async () => {
      const { needs } = registry.create(policy);
      if (needs?.hidden !== undefined) return;
      for (let seed = 0; seed < 10; seed++) {
        const temperature = needs?.mode === "greedy" ? 0 : needs?.mode === "sampled" ? 1 : seed % 2;
        const target = random(9, seed);
        const drafter = modelDrafter(alignVocabulary(random(6, seed), target));
        const options = {
          target,
          drafter,
          verifier: registry.create(policy),
          draftTokens: 4,
          maxTokens: 20,
          sampling: { temperature },
          seed,
        };
        for (const token of await said([1], options)) assert.ok(token >= 0 && token < 9);
      }
    });
  }
});

describe("fitted", () => {
  test("returns a model that fits as it is", () => {
    const model = padded(8, 1);
    assert.equal(alignVocabulary(model, { vocabulary: 8 }), model);
    const once = alignVocabulary(model, letters);
    assert.notEqual(once, model);
    assert.equal(alignVocabulary(once, letters), once);
  });

  test("keeps the contract of sessions: lengths, rewinding, hidden states and closing", async () => {
    const inner = padded(12, 1, "pre-norm");
    const model = alignVocabulary(inner, letters);
    assert.deepEqual(
      [model.vocabulary, model.readable, model.eos, model.contextLength],
      [8, 12, [0], inner.contextLength],
    );
    const session = await model.open({ prompt: [1] });
    const scores = await session.append([1, 2, 11], { rows: 2, hidden: "pre-norm" });
    assert.deepEqual(
      [session.length, scores.rows, scores.logits.length, scores.hidden?.length],
      [3, 2, 16, 2 * conformanceWidth],
    );
    await session.rewind(1);
    assert.equal(session.length, 1);
    assert.equal(inner.openSessions, 1);
    await session.close();
    assert.equal(inner.openSessions, 0);
  });
});

describe("decode refuses", () => {
  const target = alignVocabulary(padded(12, 1), letters);

  test("a prompt with an id that no token has", async () => {
    for (const token of [3, 8, 11]) {
      await assert.rejects(said([1, token], { target }), {
        code: "invalid_request",
        message: `The prompt contains token ${token}; padded to 12 has ids 0 to 7, 1 of them unused.`,
      });
    }
  });

  test("a drafter that proposes what the target cannot say", async () => {
    for (const token of [3, 8, -1, 1.5, Number.NaN]) {
      const drafter: Drafter = { name: "wild", rows: false, propose: async () => ({ tokens: [token] }), close() {} };
      await assert.rejects(said([1], { target, drafter }), {
        name: "TypeError",
        message: /"wild" proposed token .*0 to 7, 1 of them unused/,
      });
    }
  });
});

describe("logits that are no numbers name the model, where it lies and a remedy", () => {
  const bad = { ...padded(8, 1), name: "target", source: "dir/model_fp16.onnx" };
  const broken = (value: number): LanguageModel => ({
    ...bad,
    async open(options) {
      const session = await bad.open(options);
      return {
        get length() {
          return session.length;
        },
        append: async (tokens, how) => {
          const scores = await session.append(tokens, how);
          return { ...scores, logits: scores.logits.fill(value) };
        },
        rewind: (length) => session.rewind(length),
        close: () => session.close(),
      };
    },
  });
  for (const [value, seen] of [
    [Number.NaN, "NaN"],
    [Number.POSITIVE_INFINITY, "\\+Infinity"],
    [Number.NEGATIVE_INFINITY, "no finite value"],
  ] as const) {
    const message = new RegExp(
      `^The model target \\(dir/model_fp16\\.onnx\\) returned logits with ${seen}; .*fp32 instead of fp16`,
    );
    test(`of ${value}, in the target and in the draft, greedily and sampled`, async () => {
      for (const temperature of [0, 1]) {
        const settings = { sampling: { temperature }, verifier: sd() };
        await assert.rejects(said([1], { target: broken(value), ...settings }), {
          code: "bad_logits",
          kind: "not_numbers",
          subject: seen.replace("\\", ""),
          model: "target",
          message,
        });
        const sound = padded(8, 2);
        await assert.rejects(said([1], { target: sound, drafter: modelDrafter(broken(value)), ...settings }), {
          code: "bad_logits",
          message,
        });
        assert.equal(sound.openSessions, 0);
      }
    });
  }
});

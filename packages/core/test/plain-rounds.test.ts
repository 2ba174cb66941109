import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  coupled,
  type DecodeEvent,
  type DecodeOptions,
  type DrawOptions,
  decode,
  draw,
  drawByNoise,
  type LanguageModel,
  lookupDrafter,
  presencePenalty,
  processedRow,
  type Sampling,
  type Session,
  seeded,
  type Token,
  topLogprobs,
} from "../src/index.ts";
import { randomModel } from "../src/testing/random-model.ts";

const eos = [0];
const plain: LanguageModel = { ...randomModel({ vocabulary: 12, seed: 5, eos }), contextLength: 90 };

/** What a drawing session was asked, and how many tokens it gave. */
interface Call {
  readonly tokens: readonly Token[];
  readonly options: DrawOptions;
  readonly drawn: number;
}

/** The model with sessions that draw by themselves, in calls of `most` or fewer tokens, by chance. */
function drawing(
  model: LanguageModel,
  most = 8,
): {
  readonly model: LanguageModel;
  readonly calls: Call[];
  /** What its closed sessions held at the end. */
  readonly lengths: number[];
} {
  const calls: Call[] = [];
  const lengths: number[] = [];
  const chance = seeded(3);
  const drawsIn =
    (session: Session): Required<Session>["draw"] =>
    async (tokens, options) => {
      const { limit, sampling, uniform, noise, signal } = options;
      const count = Math.min(limit, 1 + Math.floor(chance() * most));
      const drawn: Token[] = [];
      let pending = tokens;
      while (drawn.length < count && !eos.includes(drawn.at(-1) ?? -1)) {
        const { logits } = await session.append(pending, { rows: 1, signal });
        const row = processedRow(logits, sampling);
        drawn.push(
          noise === undefined ? draw(row, uniform[drawn.length] as number) : drawByNoise(row, noise, session.length),
        );
        pending = drawn.slice(-1);
      }
      calls.push({ tokens, options, drawn: drawn.length });
      return drawn;
    };
  const open: LanguageModel["open"] = async (options) => {
    const session = await model.open(options);
    return Object.assign(Object.create(session) as Session, {
      draw: drawsIn(session),
      close() {
        lengths.push(session.length);
        return session.close();
      },
    });
  };
  return { model: { ...model, open }, calls, lengths };
}

async function answer(options: DecodeOptions, prompt: readonly Token[] = [3, 1, 4]) {
  const tokens: object[] = [];
  let end: DecodeEvent | undefined;
  for await (const event of decode(prompt, options)) {
    if (event.type === "finish") end = event;
    else tokens.push(...event.tokens);
  }
  return { tokens, end };
}

describe("a session that draws by itself gives the answer of rounds of one token,", () => {
  const samplings: Partial<Sampling>[] = [
    {},
    { temperature: 1 },
    { temperature: 0.7, topK: 4 },
    { temperature: 1.3, topP: 0.8 },
    { temperature: 1, topK: 6, topP: 0.9, minP: 0.05 },
  ];
  for (const sampling of samplings) {
    test(`with ${JSON.stringify(sampling)}: the same tokens, end and counts`, async () => {
      const reasons = new Set<string>();
      for (let seed = 0; seed < 12; seed++) {
        for (const maxTokens of [0, 1, 2, 9, 40, undefined]) {
          const { model, calls } = drawing(plain);
          const settings = { sampling, seed, maxTokens };
          const expected = await answer({ target: plain, ...settings });
          assert.deepEqual(await answer({ target: model, ...settings }), expected);
          if (maxTokens !== 0) assert.ok(calls.length > 0);
          reasons.add((expected.end as { reason?: string }).reason ?? "");
        }
      }
      if (sampling.temperature !== undefined) assert.deepEqual([...reasons].sort(), ["length", "stop"]);
    });
  }

  test("with tokens drawn by noise", async () => {
    for (let seed = 0; seed < 20; seed++) {
      const { model, calls } = drawing(plain);
      const settings = { verifier: coupled(), sampling: { temperature: 1 }, seed, maxTokens: 30 };
      assert.deepEqual(await answer({ target: model, ...settings }), await answer({ target: plain, ...settings }));
      assert.ok(calls.every(({ options }) => options.noise === seed));
    }
  });

  test("where a stop callback ends it, and what was drawn beyond is dropped", async () => {
    let beyond = 0;
    for (let seed = 0; seed < 20; seed++) {
      const settings = { sampling: { temperature: 1 }, seed, maxTokens: 60 };
      const stop = (token: Token) => token === 7;
      const { model, calls, lengths } = drawing(plain);
      const found = await answer({ target: model, stop, ...settings });
      assert.deepEqual(found, await answer({ target: plain, stop, ...settings }));
      const drawn = calls.reduce((sum, call) => sum + call.drawn, 0);
      assert.ok(drawn >= found.tokens.length);
      beyond += drawn - found.tokens.length;
      assert.deepEqual(lengths, [3 + found.tokens.length - 1]);
    }
    assert.ok(beyond > 0);
  });

  test("where it begins with a part of the prompt", async () => {
    const prompt = [3, 1, 4, 1, 5];
    const settings = { sampling: { temperature: 1 }, seed: 4, maxTokens: 20 };
    const { tokens } = await answer({ target: plain, ...settings }, prompt);
    for (const held of [0, 2, 4, 5]) {
      const warm: LanguageModel = {
        ...plain,
        async open(options) {
          const session = await plain.open(options);
          await session.append(prompt.slice(0, held));
          return session;
        },
      };
      const { model, calls } = drawing(warm);
      const found = await answer({ target: model, ...settings }, prompt);
      assert.deepEqual(found.tokens, tokens);
      assert.deepEqual(calls[0]?.tokens, prompt.slice(Math.min(held, 4)));
    }
  });
});

test("a session does not draw by itself where something else reads the rows", async () => {
  const target = () => drawing(plain);
  for (const settings of [
    { trace: true },
    { logprobs: topLogprobs(1) },
    { processors: [presencePenalty(0.5)] },
    { drafter: lookupDrafter(), draftTokens: 4 },
  ] satisfies Partial<DecodeOptions>[]) {
    const { model, calls } = target();
    await answer({ target: model, maxTokens: 10, ...settings });
    assert.equal(calls.length, 0, JSON.stringify(settings));
  }
  const { model, calls } = target();
  await answer({ target: model, maxTokens: 10, drafter: lookupDrafter(), draftTokens: 0 });
  assert.ok(calls.length > 0);
});

test("a call that draws gets at most 8 coins, and none that another token had", async () => {
  const { model, calls } = drawing(plain, 3);
  await answer({ target: model, sampling: { temperature: 1 }, seed: 2, maxTokens: 40 });
  const random = seeded(2);
  const coins = Array.from({ length: 60 }, random);
  let at = 0;
  for (const { options, drawn } of calls) {
    assert.deepEqual(options.uniform, coins.slice(at, at + options.limit));
    assert.ok(options.limit <= 8 && options.uniform.length === options.limit);
    at += drawn;
  }
  assert.ok(calls.some(({ options, drawn }) => drawn < options.limit));
});

test("a cancelled request draws no more", async () => {
  const { model, calls } = drawing(plain);
  const abort = new AbortController();
  const events = decode([3, 1, 4], { target: model, signal: abort.signal });
  await events.next();
  abort.abort();
  await assert.rejects(events.next(), { code: "aborted" });
  assert.equal(calls.length, 1);
});

test("only requests that draft, draw by noise or ask for it need the bits of blocks", async () => {
  const asked: (boolean | undefined)[] = [];
  const target: LanguageModel = {
    ...plain,
    open(options) {
      asked.push(options?.blockExact);
      return plain.open(options);
    },
  };
  for (const settings of [
    {},
    { drafter: lookupDrafter(), draftTokens: 0 },
    { drafter: lookupDrafter() },
    { verifier: coupled() },
    { blockExact: true },
    { blockExact: false, drafter: lookupDrafter() },
  ])
    await answer({ target, maxTokens: 2, ...settings });
  assert.deepEqual(asked, [false, false, true, true, true, true]);
});

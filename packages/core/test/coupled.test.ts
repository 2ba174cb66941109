/** What `coupled` promises: exactly the target's law, and one text per seed, whatever drafts. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  and,
  bannedTokens,
  coupled,
  type DecodeOptions,
  type Drafter,
  decode,
  defaultRegistry,
  drawByNoise,
  type EmittedToken,
  exact,
  forcedDrafter,
  kl,
  type LanguageModel,
  lookupDrafter,
  modelDrafter,
  or,
  type Sampling,
  sd,
  shadow,
  softmax,
  type Token,
  unguarded,
  type Verdict,
  when,
} from "@lenity/core";
import {
  bracketGrammar,
  noiseLaw,
  noisyModel,
  randomLogits,
  randomModel,
  scoringModel,
  singleRound,
  tableModel,
} from "@lenity/core/testing";

const vocabulary = 12;
const model = { vocabulary, seed: 3, scale: 1.5 };
const prompt = [1, 2, 1, 2];
const close = () => noisyModel({ ...model, noise: 0.7 });
const drafters: Readonly<Record<string, () => Drafter | undefined>> = {
  none: () => undefined,
  "the target itself": () => modelDrafter(randomModel(model)),
  "a model near it": () => modelDrafter(close()),
  "another model": () => modelDrafter(randomModel({ ...model, seed: 900 })),
  "prompt lookup": () => lookupDrafter(),
  "a drafter that ignores the noise": () => {
    const drafter = modelDrafter(close());
    return { ...drafter, propose: (asked) => drafter.propose({ ...asked, noise: undefined }) };
  },
};

async function emitted(options: Partial<DecodeOptions>): Promise<EmittedToken[]> {
  const tokens: EmittedToken[] = [];
  const settings: DecodeOptions = { target: randomModel(model), verifier: coupled(), maxTokens: 60, ...options };
  for await (const event of decode(prompt, settings)) if (event.type === "round") tokens.push(...event.tokens);
  return tokens;
}
const tokensOf = async (options: Partial<DecodeOptions>): Promise<string> =>
  (await emitted(options)).map(({ token }) => token).join(" ");

/** A target whose sessions begin with the first `kept` tokens of the prompt, as after another request. */
function withKept(target: LanguageModel, kept: number): LanguageModel {
  return {
    ...target,
    async open(options) {
      const session = await target.open(options);
      if (kept > 0) await session.append(prompt.slice(0, kept), { rows: 0 });
      return session;
    },
  };
}

const samplings: readonly Partial<Sampling>[] = [
  { temperature: 0 },
  { temperature: 0.6 },
  { temperature: 1 },
  { temperature: 1, topP: 0.7 },
  { temperature: 1.4, topK: 4 },
  { temperature: 1, minP: 0.2 },
];

describe("the text is the same for a seed, token for token", () => {
  for (const [name, drafter] of Object.entries(drafters)) {
    test(`with drafts of ${name}, at every length, with every kept prefix and every sampling setting`, async () => {
      const accepted = { model: 0, all: 0 };
      for (const [at, sampling] of samplings.entries()) {
        for (const seed of [at, 2 ** 40 + at]) {
          const plain = await tokensOf({ sampling, seed });
          for (const draftTokens of [0, 1, 4, 8, 25]) {
            const target = withKept(randomModel(model), draftTokens % 4);
            const tokens = await emitted({ target, drafter: drafter(), draftTokens, sampling, seed });
            accepted.model += tokens.filter(({ source }) => source === "draft").length;
            accepted.all += tokens.length;
            assert.equal(
              tokens.map(({ token }) => token).join(" "),
              plain,
              `${JSON.stringify(sampling)}, ${draftTokens}`,
            );
          }
        }
      }
      const share = accepted.model / accepted.all;
      if (name === "the target itself") assert.ok(share > 0.6, `${share} accepted`);
      if (name !== "none") assert.ok(share > 0, "nothing was accepted");
    });
  }

  test("with processors and a grammar, from shaped drafts and others", async () => {
    const shaped = { processors: [bannedTokens([vocabulary - 1])], grammar: bracketGrammar(vocabulary) };
    for (let seed = 0; seed < 12; seed++) {
      const options = { ...shaped, seed, sampling: { temperature: seed % 3 } };
      const target = () => ({ ...randomModel({ ...model, seed }), eos: [0] });
      const plain = await tokensOf({ ...options, target: target() });
      const own = modelDrafter(close());
      const unshaped = {
        ...own,
        propose: (asked: Parameters<Drafter["propose"]>[0]) => own.propose({ ...asked, shaping: undefined }),
      };
      for (const drafter of [modelDrafter(close()), forcedDrafter(modelDrafter(close())), unshaped])
        assert.equal(await tokensOf({ ...options, target: target(), drafter }), plain, `seed ${seed}`);
    }
  });

  test("under sd it is not: the promise is this rule's", async () => {
    const sampling = { temperature: 1 };
    const texts = [0, 4].map((draftTokens) =>
      tokensOf({ verifier: sd(), drafter: modelDrafter(close()), draftTokens, sampling }),
    );
    const [plain, drafted] = await Promise.all(texts);
    assert.notEqual(plain, drafted);
  });

  test("and other seeds give other texts", async () => {
    const texts = await Promise.all([0, 1, 2, 2 ** 32].map((seed) => tokensOf({ seed, sampling: { temperature: 1 } })));
    assert.equal(new Set(texts).size, 4);
  });
});

/** Random pairs of rows: near each other and far apart, some with zeros. */
function pairs(count: number): { p: Float32Array; q: Float32Array; seed: number }[] {
  return Array.from({ length: count }, (_, seed) => {
    const p = randomLogits(seed, 6, [0.5, 2, 5][seed % 3] as number);
    const q = p.map(
      (value, i) => value + (randomLogits(seed + 900, 6, [0, 0.4, 1.5, 4][seed % 4] as number)[i] as number),
    );
    if (seed % 4 === 1) p[seed % 6] = Number.NEGATIVE_INFINITY;
    if (seed % 5 === 1) q[(seed + 1) % 6] = Number.NEGATIVE_INFINITY;
    return { p, q, seed };
  });
}

const count = 40_000;
/** Whether a share over `count` seeds can be of this probability: within five standard deviations. */
const agrees = (share: number, probability: number): boolean =>
  Math.abs(share - probability) <= 5 * Math.sqrt((probability * (1 - probability)) / count) + 1e-6;

describe("the law", () => {
  test("is the target's row, whatever the drafter's", async () => {
    for (const { p, q, seed } of pairs(40)) {
      const law = await noiseLaw(coupled(), p, q, count);
      for (const [token, mass] of softmax(p).entries())
        assert.ok(agrees(law[token] as number, mass), `seed ${seed}: ${law} instead of ${softmax(p)}`);
    }
  });

  test("of the whole text is the target's: chi-square over every chain of three tokens, by drafter", async () => {
    const rows = (seed: number) => (context: readonly Token[]) =>
      randomLogits(
        context.reduce((sum, token) => sum * 5 + token + 1, seed),
        3,
        1,
      );
    const [target, draft] = [
      tableModel({ vocabulary: 3, logits: rows(1) }),
      tableModel({ vocabulary: 3, logits: rows(70) }),
    ];
    const runs = 20_000;
    for (const draftTokens of [0, 1, 2]) {
      const counts = new Map<string, number>();
      for (let seed = 0; seed < runs; seed++) {
        const tokens: Token[] = [];
        const options = { target, drafter: modelDrafter(draft), draftTokens, verifier: coupled(), maxTokens: 3, seed };
        for await (const event of decode([0], { ...options, sampling: { temperature: 1 } }))
          if (event.type === "round") tokens.push(...event.tokens.map(({ token }) => token));
        counts.set(tokens.join(), (counts.get(tokens.join()) ?? 0) + 1);
      }
      let chi = 0;
      for (let chain = 0; chain < 27; chain++) {
        const tokens = [Math.floor(chain / 9), Math.floor(chain / 3) % 3, chain % 3];
        const expected = tokens.reduce(
          (product, token, at) => product * (softmax(rows(1)([0, ...tokens.slice(0, at)]))[token] as number),
          runs,
        );
        chi += ((counts.get(tokens.join()) ?? 0) - expected) ** 2 / expected;
      }
      assert.ok(chi < 65, `drafts of ${draftTokens}: chi-square ${chi} with 26 degrees of freedom`);
    }
  });

  test("with a gate beside it is the drafter's row where the gate opens, and the target's elsewhere", async () => {
    let opened = 0;
    for (const { p, q, seed } of pairs(40)) {
      const gate = kl({ threshold: 0.2, rows: "processed" });
      const rule = or(coupled(), gate);
      assert.deepEqual([rule.law, rule.drawing], ["mixture", "noise"]);
      const opens = (await gate.verify(singleRound(p, q, 0, 0.5))).accept[0] === true;
      if (opens) opened++;
      const law = await noiseLaw(rule, p, q, count);
      for (const [token, mass] of softmax(opens ? q : p).entries())
        assert.ok(agrees(law[token] as number, mass), `seed ${seed}, opens ${opens}`);
    }
    assert.ok(opened > 5 && opened < 35, `the gate opened on ${opened} of 40 rows`);
  });
});

test("a drafted token is accepted with a probability from (1 − TV)/(1 + TV) to sd's 1 − TV", async () => {
  let between = 0;
  for (const { p, q, seed } of pairs(60)) {
    const [rowP, rowQ] = [softmax(p), softmax(q)];
    const tv = rowP.reduce((sum, mass, token) => sum + Math.abs(mass - (rowQ[token] as number)) / 2, 0);
    const facts = singleRound(p, q, 0, 0.5);
    let same = 0;
    for (let noise = 0; noise < count; noise++) {
      const { accept } = (await coupled().verify({ ...facts, draft: [drawByNoise(rowQ, noise, 1)], noise })) as Verdict;
      if (accept[0] === true) same += 1 / count;
    }
    const slack = 5 * Math.sqrt(0.25 / count);
    assert.ok(same >= (1 - tv) / (1 + tv) - slack, `seed ${seed}: ${same}, TV ${tv}`);
    assert.ok(same <= 1 - tv + slack, `seed ${seed}: ${same}, TV ${tv}`);
    if (same < 1 - tv - slack) between++;
  }
  assert.ok(between > 10, `sd accepts more on only ${between} of 60 pairs: the rows are too easy`);
});

describe("beside other rules", () => {
  const gate = kl({ threshold: 0.2 });
  const condition = {
    positional: true,
    reads: [],
    holds: ({ draft }: { draft: readonly Token[] }) => draft.map((_, at) => at % 2 === 0),
  };
  test("combinators draw as their children do", () => {
    const noisy = [or(coupled(), gate), and(gate, coupled()), when(condition, coupled(), gate), unguarded(coupled())];
    for (const { name, drawing } of [...noisy, shadow(coupled(), sd())]) assert.equal(drawing, "noise", name);
    for (const { name, drawing } of [or(sd(), gate), and(gate, exact()), shadow(sd(), coupled())])
      assert.notEqual(drawing, "noise", name);
  });

  test("rules that draw by coins are refused, with the names of both", () => {
    const registry = defaultRegistry();
    const refused = [
      { type: "or", any: [{ type: "coupled" }, { type: "sd" }] },
      { type: "and", all: [{ type: "topk", k: 2, delta: 1 }, { type: "coupled" }] },
      { type: "when", condition: { min_entropy: 1 }, then: { type: "coupled" } },
    ];
    for (const policy of refused) {
      assert.throws(() => registry.create(policy), { code: "invalid_policy", message: /coupled.*expected one way/ });
    }
    const accepted = {
      type: "when",
      condition: { min_entropy: 1 },
      then: { type: "coupled" },
      else: { type: "coupled" },
    };
    assert.equal(registry.create(accepted).law, "exact");
  });

  test("the guard and the count of relaxed tokens judge by the noise, not by coins", async () => {
    // Where the gate never opens, control tokens are all held back to what the noise draws: the plain text.
    const shut = or(coupled(), kl({ threshold: 0 }));
    const control = new Set(Array.from({ length: vocabulary }, (_, token) => token));
    for (let seed = 0; seed < 8; seed++) {
      const options = { sampling: { temperature: 1 }, seed, control };
      const plain = await tokensOf(options);
      const open = or(coupled(), kl({ threshold: 1e9 }));
      for (const verifier of [shut, open]) {
        const tokens = await emitted({ ...options, verifier, drafter: modelDrafter(close()), draftTokens: 5 });
        assert.equal(tokens.map(({ token }) => token).join(" "), plain, verifier.name);
        assert.ok(tokens.every(({ relaxed }) => !relaxed));
      }
    }
  });
});

test("tokens are never drawn where the rows are: whole rows are read, and a target without them is refused", async () => {
  const elsewhere = (rows: boolean): LanguageModel => {
    const scoring = scoringModel(randomModel(model));
    return { ...scoring, reach: { gives: () => true, rows, draws: true } };
  };
  for (const temperature of [0, 1]) {
    const options = { sampling: { temperature }, seed: 6 };
    for (const drafter of [() => undefined, () => modelDrafter(close())]) {
      const text = await tokensOf({ ...options, target: elsewhere(true), drafter: drafter() });
      assert.equal(text, await tokensOf(options));
    }
  }
  const refusal = { code: "unsupported", path: "policy" };
  const options = { target: elsewhere(false), sampling: { temperature: 1 } };
  await assert.rejects(tokensOf(options), { ...refusal, message: /draws tokens by noise, which takes whole rows/ });
  const drafted = tokensOf({ ...options, drafter: modelDrafter(close()) });
  await assert.rejects(drafted, { ...refusal, message: /reads whole rows/ });
});

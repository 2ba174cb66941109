/** "auto": which draft lengths are chosen, by played outcomes and times. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { adaptiveLength } from "../src/draft-length/adaptive-length.ts";
import { type Costs, usualCosts } from "../src/draft-length/costs.ts";
import { type DraftLength, fixedLength } from "../src/draft-length/draft-length.ts";
import { addTime, measuredCosts, noTimes } from "../src/draft-length/measured-costs.ts";
import { timedLength } from "../src/draft-length/timed-length.ts";
import { seeded } from "../src/sampling.ts";

/** Milliseconds of a round of a pair that is worth drafting with. */
const pair: Costs = { plain: 2, base: 3, perToken: 0.27 };
const timeOf = ({ plain, base, perToken }: Costs, drafted: number) =>
  drafted === 0 ? plain : base + drafted * perToken;

/** Whether the drafted token for this position of the text is accepted, if all before it in its block are. */
type Text = readonly boolean[];
/** A text in which the chance depends on the position. */
const textOf = (length: number, seed: number, chance: (at: number) => number): Text => {
  const random = seeded(seed);
  return Array.from({ length }, (_, at) => random() < chance(at));
};

interface Played {
  readonly milliseconds: number;
  readonly lengths: readonly number[];
}

/** Decodes a text: the time it takes, and the length of each round. */
function play(length: DraftLength, text: Text, costs: Costs, clock: { now: number } = { now: 0 }): Played {
  const begun = clock.now;
  const lengths: number[] = [];
  for (let at = 0; at < text.length; ) {
    const drafted = length.choose(text.length - at - 1);
    let accepted = 0;
    while (accepted < drafted && text[at + accepted] === true) accepted++;
    clock.now += timeOf(costs, drafted);
    length.scored();
    length.learn({ drafted, accepted });
    lengths.push(drafted);
    at += accepted + 1;
  }
  return { milliseconds: clock.now - begun, lengths };
}

const known = (costs: Costs, longest = 16) => adaptiveLength({ longest, costs: () => costs });
const timed = (clock: { now: number }, times = noTimes(), longest = 16) =>
  timedLength({ longest, usual: usualCosts(true), times, clock: () => clock.now });
const bestFixed = (text: Text, costs: Costs, longest = 16) =>
  Math.min(...Array.from({ length: longest + 1 }, (_, n) => play(fixedLength(n), text, costs).milliseconds));
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

describe("an adaptive length", () => {
  for (const [name, chance] of [
    ["of 60 %", () => 0.6],
    ["of 80 %", () => 0.8],
    ["of 95 %", () => 0.95],
    ["that is high in one half of each hundred and low in the other", (at: number) => (at % 100 < 50 ? 0.97 : 0.6)],
  ] as const)
    test(`comes within 2 % of the best fixed one at an acceptance ${name}`, () => {
      for (const [seed, costs] of [pair, { plain: 50, base: 52, perToken: 9 }, usualCosts(true)].entries()) {
        const text = textOf(10_000, seed, chance);
        const { milliseconds } = play(known(costs), text, costs);
        const best = bestFixed(text, costs);
        assert.ok(milliseconds < 1.02 * best, `${seed}: ${milliseconds} ms, the best fixed length ${best}`);
      }
    });

  test("grows with the acceptance and shrinks with the cost of a drafted token", () => {
    const longest = (chance: number, perToken: number) =>
      mean(
        play(
          known({ ...pair, perToken }),
          textOf(4000, 1, () => chance),
          pair,
        ).lengths,
      );
    assert.ok(longest(0.95, 0.27) > longest(0.85, 0.27) + 2);
    assert.ok(longest(0.85, 0.27) > longest(0.85, 0.8) + 1);
  });

  test("follows a text that becomes harder", () => {
    const { lengths } = play(
      known(pair),
      textOf(3000, 2, (at) => (at < 2000 ? 0.95 : 0.65)),
      pair,
    );
    assert.ok(mean(lengths.slice(50, 100)) > 10, `${mean(lengths.slice(50, 100))}`);
    assert.ok(mean(lengths.slice(-100)) < 4, `${mean(lengths.slice(-100))}`);
  });

  test("costs a hopeless text at most 3 % of plain decoding, with all probes", () => {
    for (const [seed, costs] of [pair, { plain: 1, base: 1.6, perToken: 0.18 }, usualCosts(true)].entries()) {
      for (const chance of [0, 0.1]) {
        const text = textOf(2000, seed, () => chance);
        const { milliseconds, lengths } = play(known(costs), text, costs);
        assert.ok(milliseconds < 1.03 * text.length * costs.plain, `${milliseconds}`);
        assert.ok(lengths.filter((drafted) => drafted > 0).length < 60);
      }
    }
  });

  test("begins with short blocks: a hopeless answer of 40 tokens takes the time of at most 4.5 more", () => {
    for (const costs of [pair, { plain: 1, base: 1.6, perToken: 0.18 }, usualCosts(true)]) {
      const { milliseconds, lengths } = play(known(costs), Array(40).fill(false), costs);
      assert.ok(milliseconds < (40 + 4.5) * costs.plain, `${milliseconds}`);
      assert.ok(Math.max(...lengths) <= 8);
    }
  });

  test("lets a block grow to at most twice the longest that was accepted whole", () => {
    const { lengths } = play(known({ ...pair, perToken: 0 }, 64), Array(400).fill(true), pair);
    assert.deepEqual(lengths.slice(0, 4), [8, 16, 32, 64]);
  });

  test("notices within a longest pause that a hopeless text has become easy", () => {
    const text = textOf(1200, 3, (at) => (at < 400 ? 0.02 : 0.95));
    const { lengths } = play(known(pair), text, pair);
    let at = 0;
    const plainAfter = { easy: 0 };
    // While everything is plain, rounds are tokens.
    for (const drafted of lengths) {
      if (at >= 400 && drafted === 0) plainAfter.easy++;
      at += drafted === 0 ? 1 : 0;
    }
    assert.ok(plainAfter.easy <= 64 + 16, `${plainAfter.easy}`);
    assert.ok(mean(lengths.slice(-10)) > 6, `${lengths.slice(-10)}`);
  });

  test("never exceeds the limit of a round or the longest", () => {
    const random = seeded(9);
    for (const longest of [0, 1, 3, 16, 1024]) {
      const length = known({ plain: 1, base: 1, perToken: 0.001 }, longest);
      for (let round = 0; round < 200; round++) {
        const limit = Math.floor(random() * 40) - 1;
        const drafted = length.choose(limit);
        assert.ok(drafted >= 0 && drafted <= Math.max(0, Math.min(limit, longest)), `${drafted} of ${limit}`);
        length.learn({ drafted, accepted: Math.floor(random() * (drafted + 1)) });
      }
    }
  });

  test("goes on asking a drafter that often has nothing to propose", () => {
    const length = known(pair);
    for (let round = 0; round < 100; round++) {
      assert.ok(length.choose(100) > 0);
      length.learn({ drafted: 0, accepted: 0 });
    }
  });
});

describe("a timed length", () => {
  test("comes within 3 % of the best fixed one on a pair whose costs are far from the usual", () => {
    for (const costs of [
      { plain: 25, base: 27, perToken: 15 },
      { plain: 2, base: 2.1, perToken: 0.02 },
    ]) {
      const [clock, times] = [{ now: 0 }, noTimes()];
      const texts = Array.from({ length: 8 }, (_, seed) => textOf(1500, seed, () => 0.8));
      const [first, ...later] = texts.map((text) => ({
        took: play(timed(clock, times), text, costs, clock).milliseconds,
        best: bestFixed(text, costs),
      }));
      const ratio = mean(later.map(({ took }) => took)) / mean(later.map(({ best }) => best));
      assert.ok(ratio < 1.03, `${ratio}`);
      assert.ok((first?.took ?? 0) < 1.1 * (first?.best ?? 0));
    }
  });

  test("decodes plainly where drafts cost more than they give, which the usual costs do not tell", () => {
    const costs = { plain: 1, base: 6, perToken: 0.5 };
    const [clock, times] = [{ now: 0 }, noTimes()];
    play(
      timed(clock, times),
      textOf(300, 1, () => 0.8),
      costs,
      clock,
    );
    const text = textOf(2000, 2, () => 0.8);
    const { milliseconds } = play(timed(clock, times), text, costs, clock);
    assert.ok(milliseconds < 1.12 * text.length, `${milliseconds}`);
  });

  test("forgets a pause of the machine", () => {
    const times = noTimes();
    for (const time of [2, 2, 900, 2]) addTime(times, 0, time);
    for (const drafted of [4, 8, 12])
      for (const time of [1, 1, 700]) addTime(times, drafted, time * (3 + 0.25 * drafted));
    const { plain, base, perToken } = measuredCosts(times, usualCosts(true));
    assert.equal(plain, 2);
    assert.ok(Math.abs(base - 3) < 0.3 && Math.abs(perToken - 0.25) < 0.05, `${base} + ${perToken} n`);
  });

  test("gets over a time that a pause has spoilt where no other of that length follows", () => {
    const times = noTimes();
    for (let round = 0; round < 3; round++) addTime(times, 0, 2);
    addTime(times, 7, 900);
    for (let round = 0; round < 40; round++) addTime(times, 1 + (round % 2), 3.3 + 0.25 * (round % 2));
    assert.ok(Math.abs(measuredCosts(times, usualCosts(true)).perToken - 0.25) < 0.1);
  });

  test("times a plain round again after many rounds with drafts, so that it notices when drafts have become slow", () => {
    const [clock, times] = [{ now: 0 }, noTimes()];
    const easy = textOf(8000, 4, () => 0.8);
    for (let answer = 0; answer < 4; answer++) play(timed(clock, times), easy.slice(0, 100), pair, clock);
    const { lengths } = play(timed(clock, times), easy, { ...pair, plain: 0.1 }, clock);
    assert.ok(mean(lengths.slice(-500)) < 0.1, `${mean(lengths.slice(-500))}`);
  });

  test("does not count the time until a slow reader asks for the round", () => {
    const [clock, times] = [{ now: 0 }, noTimes()];
    const length = timed(clock, times);
    for (let round = 0; round < 20; round++) {
      const drafted = length.choose(100);
      clock.now += timeOf(pair, drafted);
      length.scored();
      clock.now += 5000;
      length.learn({ drafted, accepted: drafted });
    }
    const all = [...times.plain, ...times.drafted.map(([, milliseconds]) => milliseconds)];
    assert.ok(all.length > 15 && Math.max(...all) < 100, `${all}`);
  });

  test("uses the usual costs where the clock stands still", () => {
    const still = timedLength({ longest: 16, usual: usualCosts(true), times: noTimes(), clock: () => 0 });
    const fixed = known(usualCosts(true));
    const text = textOf(300, 6, () => 0.85);
    const lengths = play(still, text, pair).lengths;
    assert.deepEqual(
      lengths.filter((drafted) => drafted > 0).slice(0, 5),
      play(fixed, text.slice(1), pair).lengths.slice(0, 5),
    );
    assert.ok(lengths.filter((drafted) => drafted === 0).length <= 3);
  });
});

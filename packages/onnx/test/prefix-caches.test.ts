import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { seeded } from "@lenity/core";
import { commonPrefix } from "@lenity/core/internal";
import { type PrefixCache, prefixCaches, shortestPrefix } from "../src/engine/prefix-caches.ts";
import { tokensOf } from "../src/testing/random-llama.ts";

let sessions = 0;
const cacheOf = (tokens: readonly number[], bytes = tokens.length): PrefixCache => ({
  session: sessions++,
  tokens,
  bytes,
});
const [a, b, c] = [1, 2, 3].map((seed) => tokensOf(100, seed)) as [number[], number[], number[]];

describe("kept caches", () => {
  test("are found by the longest common prefix", () => {
    const kept = prefixCaches(1000);
    const [short, long] = [cacheOf([...a.slice(0, 40), 0, ...b]), cacheOf([...a.slice(0, 60), 0, ...c])];
    for (const cache of [long, short]) assert.deepEqual(kept.add(cache), []);
    assert.deepEqual(kept.match(a), { cache: long, length: 60 });
    assert.deepEqual(kept.match([...a.slice(0, 40), 0, 1]), { cache: short, length: 41 });
    assert.equal(kept.match(b), undefined);
  });

  test("leave the last token of a prompt to be run, and ignore prefixes that are run as fast as found", () => {
    const kept = prefixCaches(1000);
    const cache = cacheOf(a);
    kept.add(cache);
    assert.deepEqual(kept.match(a), { cache, length: 99 });
    assert.deepEqual(kept.match([...a, 1]), { cache, length: 100 });
    assert.deepEqual(kept.match(a.slice(0, shortestPrefix + 1)), { cache, length: shortestPrefix });
    assert.equal(kept.match(a.slice(0, shortestPrefix)), undefined);
    for (const prompt of [[], [1]]) assert.equal(kept.match(prompt), undefined);
  });

  test("go in the order in which they were last used", () => {
    const kept = prefixCaches(250);
    const [first, second] = [cacheOf(a), cacheOf(b)];
    kept.add(first);
    kept.add(second);
    kept.touch(first);
    assert.deepEqual(kept.add(cacheOf(c)), [second]);
    assert.equal(kept.match(b), undefined);
    assert.equal(kept.match(a)?.cache, first);
  });

  test("are kept once where one holds what the other does", () => {
    const kept = prefixCaches(1000);
    const [part, whole, again] = [cacheOf(a.slice(0, 50)), cacheOf(a), cacheOf(a)];
    kept.add(part);
    assert.deepEqual(kept.add(whole), [part]);
    assert.deepEqual(kept.add(again), [again]);
    assert.equal(kept.match(a)?.cache, whole);
    assert.equal(kept.bytes, 100);
  });

  test("are apart by scope, each with a copy of its own", () => {
    const kept = prefixCaches(1000);
    const [part, whole, mine] = [
      { ...cacheOf(a.slice(0, 50)), scope: "key 0" },
      { ...cacheOf(a), scope: "key 1" },
      { ...cacheOf(a), scope: undefined },
    ];
    for (const cache of [part, whole, mine]) assert.deepEqual(kept.add(cache), []);
    assert.deepEqual(kept.match(a, "key 0"), { cache: part, length: 50 });
    assert.deepEqual(kept.match(a, "key 1"), { cache: whole, length: 99 });
    assert.deepEqual(kept.match(a), { cache: mine, length: 99 });
    assert.equal(kept.match(a, "key 2"), undefined);
    assert.equal(kept.bytes, 250);
  });

  test("are not given up for one that does not fit, and none are kept in no bytes", () => {
    const kept = prefixCaches(150);
    const [small, large] = [cacheOf(a), cacheOf(b, 151)];
    kept.add(small);
    assert.deepEqual(kept.add(large), [large]);
    assert.equal(kept.match(a)?.cache, small);
    const none = prefixCaches(0);
    assert.deepEqual(none.add(small), [small]);
    assert.equal(none.match(a), undefined);
  });

  test("keep their bound, and lose none without saying so, whatever is done with them", () => {
    const random = seeded(9);
    const whole = (below: number) => Math.floor(random() * below);
    const kept = prefixCaches(2000);
    const there = new Set<PrefixCache>();
    let matched = 0;
    for (let step = 0; step < 3000; step++) {
      // Prompts of one tree, so that they share prefixes of all lengths.
      const prompt = Array.from({ length: 1 + whole(60) }, (_, i) => (i % 10 === 0 ? whole(2) : 7));
      const match = kept.match(prompt);
      const longest = Math.max(
        0,
        ...[...there].map(({ tokens }) => Math.min(commonPrefix(tokens, prompt), prompt.length - 1)),
      );
      assert.equal(match?.length ?? 0, longest >= shortestPrefix ? longest : 0);
      if (match !== undefined) {
        matched++;
        assert.ok(there.has(match.cache));
        if (random() < 0.3) {
          kept.remove(match.cache);
          there.delete(match.cache);
        } else kept.touch(match.cache);
      }
      const cache = cacheOf(prompt, 1 + whole(400));
      there.add(cache);
      for (const freed of kept.add(cache)) assert.ok(there.delete(freed));
      assert.equal(
        kept.bytes,
        [...there].reduce((sum, { bytes }) => sum + bytes, 0),
      );
      assert.ok(kept.bytes <= 2000);
    }
    assert.ok(matched > 500);
  });
});

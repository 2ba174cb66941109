import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { seeded } from "@lenity/core";
import { type EngineLoad, pickEngine, sessionCost } from "../src/engine/pick-engine.ts";

describe("place", () => {
  const idle: EngineLoad = { sessions: 0, cached: 0 };

  test("takes the longest cached prefix among engines that are equally busy", () => {
    assert.equal(pickEngine([idle, { sessions: 0, cached: 40 }, { sessions: 0, cached: 20 }]), 1);
  });

  test("takes the least busy one where nothing is cached, and the first of equals", () => {
    assert.equal(pickEngine([{ sessions: 2, cached: 0 }, { sessions: 1, cached: 0 }, idle]), 2);
    assert.equal(pickEngine([idle, idle]), 0);
  });

  test("weighs a prefix against the sessions that are in its way", () => {
    const busy = { sessions: 1, cached: sessionCost - 1 };
    assert.equal(pickEngine([busy, idle]), 1);
    assert.equal(pickEngine([{ ...busy, cached: sessionCost + 1 }, idle]), 0);
    assert.equal(
      pickEngine([
        { ...busy, sessions: 3 },
        { ...idle, sessions: 2 },
      ]),
      1,
    );
  });

  test("has no answer for no engine", () => assert.equal(pickEngine([]), -1));

  test("never takes one that another is no worse than in both, and better in one", () => {
    const random = seeded(4);
    const whole = (below: number) => Math.floor(random() * below);
    for (let round = 0; round < 2000; round++) {
      const candidates = Array.from({ length: 1 + whole(6) }, () => ({
        sessions: whole(4),
        cached: whole(3) * whole(900),
      }));
      const chosen = candidates[pickEngine(candidates)] as EngineLoad;
      for (const { sessions, cached } of candidates) {
        const noWorse = sessions <= chosen.sessions && cached >= chosen.cached;
        assert.ok(!noWorse || (sessions === chosen.sessions && cached === chosen.cached), JSON.stringify(candidates));
      }
    }
  });
});

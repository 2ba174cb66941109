import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Batch, gathering } from "../src/batch/gathering.ts";
import type { Pass, Results } from "../src/batch/pass.ts";

const pass = (start: number): Pass => ({ tokens: [1], start, doubled: false, outputs: [], caches: {} });
const results = (start: number) => ({ start }) as unknown as Results;

/** A batch that writes down the passes it ran, by their starts. */
function recorder(fails: (starts: readonly number[]) => boolean = () => false): Batch & { readonly ran: number[][] } {
  const ran: number[][] = [];
  return {
    ran,
    slots: 3,
    outputs: [],
    async run(passes) {
      const starts = passes.map(({ start }) => start);
      ran.push(starts);
      await new Promise((resolve) => setImmediate(resolve));
      if (fails(starts)) throw new Error("It does not run.");
      return starts.map(results);
    },
  };
}

/** A gathering whose requests are all in hand before the first of them joins. */
function meeting() {
  const { during, ...rest } = gathering();
  const later = <Value>(work: () => Promise<Value>) => during(() => Promise.resolve().then(work));
  return { ...rest, during: later };
}

describe("passes of requests in hand", () => {
  test("run together when all have come to one, as many as there are slots", async () => {
    const { during, join } = meeting();
    const batch = recorder();
    const found = await Promise.all([1, 2, 3, 4, 5].map((start) => during(() => join(batch, pass(start)))));
    assert.deepEqual(found, [1, 2, 3, 4, 5].map(results));
    assert.deepEqual(batch.ran, [
      [1, 2, 3],
      [4, 5],
    ]);
  });

  test("do not wait when there is only one request", async () => {
    const { during, join } = meeting();
    const batch = recorder();
    assert.equal(await during(() => join(batch, pass(1))), undefined);
    assert.deepEqual(batch.ran, []);
  });

  test("go on without a request that ends or fails", async () => {
    const { during, join } = meeting();
    const batch = recorder();
    let end = () => {};
    const failing = during(async () => {
      await new Promise<void>((resolve) => {
        end = resolve;
      });
      throw new Error("It fails by itself.");
    });
    const others = [1, 2].map((start) => during(() => join(batch, pass(start))));
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(batch.ran, []);
    end();
    await assert.rejects(failing, /by itself/);
    assert.deepEqual(await Promise.all(others), [1, 2].map(results));
  });

  test("run one by one when they do not run together", async () => {
    const { during, join } = meeting();
    const batch = recorder(() => true);
    let running = 0;
    const found = await Promise.all(
      [1, 2, 3].map((start) =>
        during(async () => {
          const joined = await join(batch, pass(start));
          assert.equal(++running, 1);
          await new Promise((resolve) => setImmediate(resolve));
          running--;
          return joined;
        }),
      ),
    );
    assert.deepEqual(found, [undefined, undefined, undefined]);
  });

  test("are not held up by more than one long prompt at a time", async () => {
    const { during, join } = meeting();
    const batch = recorder();
    const log: string[] = [];
    const short = (name: string) =>
      during(async () => {
        for (let at = 0; at < 4; at++) {
          await join(batch, pass(at));
          log.push(name);
        }
      });
    const prompt = (name: string) =>
      during(async () => {
        assert.equal(await join(batch, undefined), undefined);
        log.push(name);
      });
    await Promise.all([short("a"), short("b"), prompt("1"), prompt("2"), prompt("3")]);
    assert.deepEqual(log, ["a", "b", "1", "a", "b", "2", "a", "b", "3", "a", "b"]);
  });

  test("of different models run apart", async () => {
    const { during, join } = meeting();
    const [one, other] = [recorder(), recorder()];
    await Promise.all([one, other, one, other].map((batch, at) => during(() => join(batch, pass(at)))));
    assert.deepEqual([one.ran, other.ran], [[[0, 2]], [[1, 3]]]);
  });
});

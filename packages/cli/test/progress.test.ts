import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { type ReportProgress, withProgress } from "../src/progress.ts";

/** What the work's progress shows on a terminal or elsewhere. */
async function shown(terminal: boolean, work: (report: ReportProgress) => Promise<void>): Promise<string> {
  const stream = Object.assign(new PassThrough(), terminal ? { isTTY: true, columns: 100 } : {});
  await withProgress("prompts", work, stream as unknown as NodeJS.WriteStream).catch((error) => {
    stream.write(`failed: ${error.message}`);
  });
  stream.end();
  return text(stream);
}
/** Reports from `from` to 30 of 30. */
const counting =
  (from: number): ((report: ReportProgress) => Promise<void>) =>
  async (report) => {
    for (let done = from; done <= 30; done++) report(done, 30);
  };

test("without a terminal there is a line for every tenth, with the time left, and nothing at the start", async () => {
  const lines = (await shown(false, counting(0))).trimEnd().split("\n");
  assert.equal(lines.length, 10);
  for (const [i, line] of lines.slice(0, -1).entries()) {
    assert.match(line, new RegExp(`^${3 * (i + 1)} of 30 prompts, about 1 s left$`));
  }
  assert.equal(lines.at(-1), "30 of 30 prompts");
});

test("a run that goes on after an earlier one first says how far that came", async () => {
  const lines = (await shown(false, counting(20))).trimEnd().split("\n");
  assert.deepEqual(lines[0], "20 of 30 prompts");
  assert.match(lines[1] ?? "", /^21 of 30 prompts, about/);
});

test("the time left is what the remaining parts take at the speed of this run", async () => {
  let now = 0;
  const clock = performance.now;
  performance.now = () => now;
  try {
    const lines = await shown(false, async (report) => {
      for (const [done, seconds] of [
        [50, 0],
        [60, 600],
        [70, 1200],
        [80, 30_000],
        [100, 30_001],
      ] as const) {
        now = 1000 * seconds;
        report(done, 100);
      }
    });
    const left = ["", ", about 40 min left", ", about 30 min left", ", about 5 h 33 min left", ""];
    assert.deepEqual(
      lines.trimEnd().split("\n"),
      left.map((estimate, i) => `${[50, 60, 70, 80, 100][i]} of 100 prompts${estimate}`),
    );
  } finally {
    performance.now = clock;
  }
});

test("at a terminal a bar stays on one line, and ends it even if the work fails", async () => {
  const bar = await shown(true, counting(0));
  assert.match(bar, /100 % · 30 of 30 prompts.*\n$/s);
  assert.equal(bar.split("\n").length, 2);
  const failed = await shown(true, async (report) => {
    report(0, 30);
    throw new Error("lost");
  });
  assert.match(failed, /0 % · 0 of 30 prompts.*\nfailed: lost$/s);
});

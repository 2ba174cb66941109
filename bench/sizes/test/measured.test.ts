import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { continued, isMeasured, withRows } from "../measured.ts";
import type { SizesCell, SizesRow } from "../report.ts";

const cell = (context: number, tokens: number, median = 1): SizesCell => ({
  ...{ context, tokens, low: median, median, high: median, singles: undefined },
});
const row = (program: SizesRow["program"], kind: string, cells: readonly SizesCell[]): SizesRow => ({
  ...{ shape: "a", program, kind, bytes: 1, load: 2, memory: 3, cells },
});

describe("what an earlier run has measured", () => {
  const rows = [
    row("lenity", "int8", [cell(40, 8), cell(40, 1), cell(300, 8)]),
    row("llama.cpp", "q8_0", [cell(40, 8), cell(40, 1)]),
  ];
  const wanted = { kinds: ["int8"], engines: ["llama.cpp"], lengths: [1, 8] };

  test("is a context with all lengths, kinds and programs", () => {
    assert.ok(isMeasured({ rows }, "a", 40, wanted));
    assert.ok(!isMeasured({ rows }, "b", 40, wanted), "another shape");
    assert.ok(!isMeasured({ rows }, "a", 300, wanted), "a length is missing");
    assert.ok(!isMeasured({ rows }, "a", 40, { ...wanted, kinds: ["int8", "int4"] }), "a kind is missing");
    assert.ok(!isMeasured({ rows }, "a", 40, { ...wanted, engines: ["transformers.js"] }), "a program is missing");
  });

  test("is kept beside new contexts, and replaced at the same one", () => {
    const [lenity, llama, other] = withRows(rows, [
      { ...row("lenity", "int8", [cell(300, 8, 5), cell(300, 1, 5), cell(20, 8, 5)]), load: 9 },
      row("lenity", "int4", [cell(40, 8)]),
    ]);
    assert.deepEqual(
      lenity?.cells.map(({ context, tokens, median }) => [context, tokens, median]),
      [
        [20, 8, 5],
        [40, 8, 1],
        [40, 1, 1],
        [300, 8, 5],
        [300, 1, 5],
      ],
    );
    assert.equal(lenity?.load, 2);
    assert.deepEqual([llama, other?.kind], [rows[1], "int4"]);
  });

  test("is refused if its settings were others", () => {
    const settings = { processor: "p", cores: 2, threads: 1, clock: "processor", turns: 3, prompt: 256 } as const;
    const earlier = { ...settings, peers: [], rows };
    assert.equal(continued(earlier, settings), earlier);
    assert.throws(() => continued(earlier, { ...settings, threads: 2 }), /are of threads 1, and this run is of 2/);
  });
});

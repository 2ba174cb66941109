import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, test } from "node:test";
import { bar, pullReport } from "../src/hub/report.ts";
import { readHub } from "../src/hub/settings.ts";

describe("the bar", () => {
  test("fits every terminal and never runs backwards, whatever the figures", () => {
    for (const columns of [8, 20, 40, 80, 200]) {
      for (const all of [0, 1, 999, 1e6, 7.3e12]) {
        let full = 0;
        for (const share of [0, 0.01, 0.5, 0.999, 1]) {
          for (const rate of [0, 1, 5e8]) {
            const text = bar(Math.floor(all * share), all, rate, columns);
            assert.ok(text.length < columns, `${columns}: ${text}`);
            assert.doesNotMatch(text, /NaN|Infinity|undefined|-/);
            if (rate > 0) continue;
            const now = text.split("█").length;
            assert.ok(now >= full);
            full = now;
          }
        }
      }
    }
  });
  test("tells share, sizes, speed and the time left", () => {
    assert.match(bar(5e8, 2e9, 1e7, 100), /^█{7}░{23} {2}25 % · 500\.0 MB of 2\.0 GB · 10\.0 MB\/s · 2 min 30 s left$/);
    assert.match(bar(2e9, 2e9, 1e7, 100), /^█{30} 100 % · 2\.0 GB of 2\.0 GB$/);
    assert.match(bar(1, 1e12, 1e8, 100), / 2 h 46 min left$/);
  });
});

test("a terminal sees one line that is drawn over, a log sees a line for each tenth", () => {
  const screens = [true, false].map((isTTY) => {
    const written: string[] = [];
    const report = pullReport({ isTTY, columns: 80, write: (text) => written.push(text) });
    for (let done = 0; done <= 1000; done++) report.progress(done * 1000, 1_000_000);
    report.note("A note.");
    return written;
  });
  const [terminal, log] = screens as [string[], string[]];
  assert.ok(terminal.slice(0, -2).every((text) => text.startsWith("\r") && text.endsWith("\x1b[K")));
  assert.match(terminal.at(-2) ?? "", /^\r.*100 %.*\n$/);
  assert.match(terminal.at(-1) ?? "", /^\r.*A note\..*\n$/);
  assert.deepEqual(
    log.map((line) => line.split(",")[0]),
    ["10 %", "20 %", "30 %", "40 %", "50 %", "60 %", "70 %", "80 %", "90 %", "100 %", "A note.\n"],
  );
});

test("a terminal that does not tell its width, or tells 0, gets a bar for 80 columns", () => {
  for (const columns of [undefined, 0]) {
    const written: string[] = [];
    const report = pullReport({ isTTY: true, columns, write: (text) => written.push(text) });
    report.progress(10, 10);
    assert.match(written.join(), /█{30} 100 % · 10 B of 10 B/);
  }
});

test("what is printed after an interrupted bar begins on a line of its own", () => {
  const written: string[] = [];
  const report = pullReport({ isTTY: true, columns: 80, write: (text) => written.push(text) });
  report.progress(1, 10);
  report.end();
  assert.equal(written.at(-1), "\n");
  report.progress(10, 10);
  const count = written.length;
  report.end();
  assert.equal(written.length, count, "a full bar has its end already");
});

describe("the settings of Hugging Face's tools", () => {
  const nowhere = { HF_HOME: "/nowhere" };
  test("have the defaults of those tools", async () => {
    const { endpoint, token, cache, offline } = await readHub({
      HF_HOME: "",
      HF_TOKEN_PATH: "/nowhere",
      HOME: "/home/x",
    });
    assert.deepEqual([endpoint, token, offline], ["https://huggingface.co", undefined, false]);
    assert.ok(cache.endsWith(join(".cache", "huggingface", "hub")));
  });
  test("say where the cache is, the nearest one first", async () => {
    const all = { HF_HUB_CACHE: "/a", HUGGINGFACE_HUB_CACHE: "/b", HF_HOME: "/nowhere", XDG_CACHE_HOME: "/nowhere/d" };
    const expected = ["/a", "/b", join("/nowhere", "hub"), join("/nowhere/d", "huggingface", "hub")];
    for (const [i, name] of Object.keys(all).entries()) {
      const environment = Object.fromEntries(Object.entries(all).slice(i));
      assert.equal((await readHub(environment)).cache, expected[i], name);
    }
  });
  test("say whether there is a network", async () => {
    for (const value of ["1", "ON", "yes", "True"])
      assert.equal((await readHub({ ...nowhere, HF_HUB_OFFLINE: value })).offline, true);
    for (const value of ["", "0", "no", "off"])
      assert.equal((await readHub({ ...nowhere, HF_HUB_OFFLINE: value })).offline, false);
  });
  test("name another hub, with or without a slash at the end", async () => {
    for (const HF_ENDPOINT of ["http://127.0.0.1:1/hub", "http://127.0.0.1:1/hub/"])
      assert.equal((await readHub({ ...nowhere, HF_ENDPOINT })).endpoint, "http://127.0.0.1:1/hub");
    for (const HF_ENDPOINT of ["hub", "file:///x"])
      await assert.rejects(readHub({ ...nowhere, HF_ENDPOINT }), { name: "LenityError", code: "invalid_request" });
  });
});

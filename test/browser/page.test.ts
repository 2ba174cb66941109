/** The page of examples/browser in Chromium: its answers and its error messages. */
import assert from "node:assert/strict";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { readResult } from "../../packages/tiny/src/problem.ts";
import { type Answer, ask, type BuiltPage, builtPage, problem, result, state, textOf } from "./built-page.ts";
import type { Page } from "./chromium.ts";

let built: BuiltPage;
before(async () => {
  built = await builtPage();
});
after(() => built?.close());

for (const isolated of [true, false]) {
  describe(`the page, ${isolated ? "isolated: with threads" : "not isolated: with one thread"}`, () => {
    test("shows what it runs on and answers under each policy: strict like plain, others with relaxed tokens in their colour", async () => {
      await built.withPage(isolated, async (page) => {
        assert.equal(await page.evaluate("crossOriginIsolated"), isolated);
        const threads = isolated ? Math.min(4, await page.evaluate<number>("navigator.hardwareConcurrency")) : 1;
        const runsOn = `WebAssembly, ${threads === 1 ? "1 thread" : `${threads} threads`}`;
        assert.equal(await textOf(page, "p:has(#state)"), `Ready. ${runsOn}; strict decoding is exact to the bit.`);
        const plain = await ask(page, problem.question, "plain");
        const strict = await ask(page, problem.question, "strict");
        const lenient: Answer[] = [];
        for (const policy of ["judi", "judge", "autojudge"]) lenient.push(await ask(page, problem.question, policy));
        for (const { text } of [plain, strict, ...lenient]) {
          assert.equal(readResult(text), result);
          assert.match(text, /^(\S+[ \n]){20,}\S+$/, "the marks neither remove nor add white space");
        }
        assert.equal(strict.text, plain.text);
        assert.deepEqual(Object.keys(plain.kinds), ["target"]);
        assert.equal(plain.figures["tokens per pass"], "1.0");
        assert.equal(strict.kinds["relaxed"], undefined);
        assert.ok((strict.kinds["strict"] ?? 0) > 0 && (strict.kinds["replacement"] ?? 0) > 0);
        for (const lossy of lenient) {
          assert.ok((lossy.kinds["relaxed"] ?? 0) > 0);
          assert.equal(lossy.figures["relaxed"], String(lossy.kinds["relaxed"]));
          assert.ok(Number(lossy.figures["tokens per pass"]) > Number(strict.figures["tokens per pass"]));
        }
      });
    });
  });
}

describe("the page", () => {
  test("stops on request, and answers again", async () => {
    await built.withPage(true, async (page) => {
      await page.evaluate(`{
        const seen = new MutationObserver(() => {
          if (document.querySelector(".answer span") === null) return;
          seen.disconnect();
          document.querySelector("#stop").click();
        });
        seen.observe(document.querySelector("#answers"), { childList: true, subtree: true });
      }`);
      const stopped = await ask(page, problem.question, "plain");
      assert.equal(await textOf(page, "article > :last-child"), "Stopped.");
      assert.ok(stopped.text.length > 0 && readResult(stopped.text) === undefined);
      assert.equal(readResult((await ask(page, problem.question, "judi")).text), result);
    });
  });

  test("without an adapter for WebGPU uses WebAssembly or shows an error, depending on its address", async () => {
    const answers = async (page: Page) => {
      assert.match(
        await textOf(page, "p:has(#state)"),
        /^Ready\. WebAssembly, \d threads?; strict decoding is exact to the bit/,
      );
      assert.equal(readResult((await ask(page, problem.question, "judi")).text), result);
    };
    const refuses = async (page: Page) =>
      assert.match(await textOf(page, "#failure"), /tiny cannot run on webgpu\. .*Use the provider wasm or auto\./s);
    await built.withPage(true, answers, /adapter/i, "?provider=auto");
    await built.withPage(true, refuses, /adapter/i, "?provider=webgpu");
  });

  /** Opens the page with one of its files replaced or missing, and reads its error and state. */
  async function withFile(
    path: string,
    content: string | undefined,
    expected?: RegExp,
  ): Promise<{ failure: string; state: string }> {
    const file = join(built.dist, path);
    const whole = await readFile(file);
    if (content === undefined) await rm(file);
    else await writeFile(file, content);
    let shown = { failure: "", state: "" };
    try {
      await built.withPage(
        true,
        async (page) => {
          assert.equal(await page.evaluate("document.querySelector('#ask').disabled"), true);
          shown = { failure: await textOf(page, "#failure"), state: await state(page) };
        },
        expected,
      );
    } finally {
      await writeFile(file, whole);
    }
    return shown;
  }

  test("shows what is wrong with a bad file, and disables what cannot work", async () => {
    const { failure, state } = await withFile(
      "models/draft/onnx/model.onnx",
      "version https://git-lfs.github.com/spec/v1",
    );
    assert.match(failure, /^http:.*\/models\/draft\/onnx\/model\.onnx is a Git LFS pointer/);
    assert.equal(state, "The models could not be loaded.");
  });

  for (const path of ["models/files.json", "models/target/config.json", "models/draft/onnx/model.onnx"]) {
    test(`shows that the models are missing if ${path} is`, async () => {
      const { failure, state } = await withFile(path, undefined, /404/);
      assert.match(failure, new RegExp(`^http:.*/${path} is missing\\. Build the page again`));
      assert.equal(state, "The models are missing.");
    });
  }
});

/** The page of examples/browser, in Chromium. */
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { buildPage } from "../../examples/browser/build.ts";
import { type Served, serveFolder } from "../../examples/browser/serve.ts";
import { seeded } from "../../packages/core/src/index.ts";
import { readResult, wordProblem } from "../../packages/tiny/src/problems.ts";
import { type Chromium, chromiumProgram, type Page, startChromium } from "./chromium.ts";

const program = chromiumProgram();
if (program === undefined) throw new Error("No Chromium starts on this machine. LENITY_CHROMIUM names one.");

let browser: Chromium;
let dist: string;
before(async () => {
  dist = join(await mkdtemp(join(tmpdir(), "lenity-page-")), "dist");
  await buildPage(dist);
  browser = await startChromium(program);
});
after(async () => {
  await browser?.close();
  await rm(join(dist, ".."), { recursive: true });
});

/** Opens the page on a server of its own, waits for the models, and hands it over. */
async function withPage(isolated: boolean, use: (page: Page) => Promise<void>): Promise<void> {
  const server: Served = await serveFolder(dist, { isolated, port: 0 });
  const page = await browser.open(server.url);
  try {
    await page.until("document.querySelector('#failure')?.hidden === false || document.querySelector('#ask')?.disabled === false");
    await use(page);
    assert.deepEqual(page.errors, []);
  } finally {
    await page.close();
    await server.close();
  }
}

interface Answer {
  readonly text: string;
  /** How many tokens of each kind. */
  readonly kinds: Readonly<Record<string, number>>;
  readonly figures: Readonly<Record<string, string>>;
}

/** Asks as a reader does, and reads the newest answer off the page. */
async function ask(page: Page, question: string, policy: string): Promise<Answer> {
  await page.evaluate(`{
    const [question, policy] = [document.querySelector("#question"), document.querySelector("#policy")];
    question.value = ${JSON.stringify(question)};
    policy.value = ${JSON.stringify(policy)};
    policy.dispatchEvent(new Event("change"));
    document.querySelector("#ask").click();
  }`);
  await page.until("document.querySelector('article')?.ariaBusy === 'false'");
  return page.evaluate<Answer>(`(() => {
    const article = document.querySelector("article");
    const kinds = {};
    for (const { className } of article.querySelectorAll(".answer span")) kinds[className] = (kinds[className] ?? 0) + 1;
    const figures = Object.fromEntries(Array.from(article.querySelectorAll("dl > div"), (pair) => Array.from(pair.children, (child) => child.textContent)));
    return { text: article.querySelector(".answer").textContent, kinds, figures };
  })()`);
}

const state = (page: Page) => page.evaluate<string>("document.querySelector('#state').textContent");
const problem = wordProblem(seeded(5), "held-out");

for (const isolated of [true, false]) {
  describe(`the page, ${isolated ? "isolated: with threads" : "not isolated: with one thread"}`, () => {
    test("says what it runs on and answers under each policy: strictly as plainly, and else with relaxed tokens in their colour", async () => {
      await withPage(isolated, async (page) => {
        assert.equal(await page.evaluate("crossOriginIsolated"), isolated);
        const threads = isolated ? Math.min(4, await page.evaluate<number>("navigator.hardwareConcurrency")) : 1;
        const runsOn = `WebAssembly, ${threads === 1 ? "1 thread" : `${threads} threads`}`;
        assert.equal(await state(page), `Ready. ${runsOn}; strict decoding is exact to the bit.`);
        const plain = await ask(page, problem.question, "plain");
        const strict = await ask(page, problem.question, "strict");
        const lenient: Answer[] = [];
        for (const policy of ["judi", "judge", "autojudge"]) lenient.push(await ask(page, problem.question, policy));
        for (const { text } of [plain, strict, ...lenient]) assert.equal(readResult(text), problem.result);
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
  test("stops when it is told to, and answers again", async () => {
    await withPage(true, async (page) => {
      await page.evaluate(`{
        const seen = new MutationObserver(() => {
          if (document.querySelector(".answer span") === null) return;
          seen.disconnect();
          document.querySelector("#stop").click();
        });
        seen.observe(document.querySelector("#answers"), { childList: true, subtree: true });
      }`);
      const stopped = await ask(page, problem.question, "plain");
      assert.equal(await page.evaluate("document.querySelector('article .note').textContent"), "Stopped.");
      assert.ok(stopped.text.length > 0 && readResult(stopped.text) === undefined);
      assert.equal(readResult((await ask(page, problem.question, "judi")).text), problem.result);
    });
  });

  test("tells what is wrong where a file is, and offers nothing that cannot work", async () => {
    const model = join(dist, "models/draft/onnx/model.onnx");
    const whole = await readFile(model);
    await writeFile(model, "version https://git-lfs.github.com/spec/v1");
    try {
      await withPage(true, async (page) => {
        const told = await page.evaluate<string>("document.querySelector('[role=alert]').innerText");
        assert.match(told, /^http:.*\/models\/draft\/onnx\/model\.onnx is a Git LFS pointer/);
        assert.equal(await state(page), "The models are not there.");
        assert.equal(await page.evaluate("document.querySelector('#ask').disabled"), true);
      });
    } finally {
      await writeFile(model, whole);
    }
  });

  test("can be read: labels, contrast in light and dark, no scrolling sideways on narrow screens", async () => {
    await withPage(true, async (page) => {
      await ask(page, problem.question, "judi");
      const unlabelled =
        "Array.from(document.querySelectorAll('textarea, select, input')).filter(({ labels }) => labels.length === 0).length";
      assert.equal(await page.evaluate(unlabelled), 0);
      for (const dark of [false, true]) {
        await page.look({ width: 320, height: 800, dark });
        const sizes = await page.evaluate<number[]>("[document.documentElement.scrollWidth, document.documentElement.clientWidth]");
        assert.ok((sizes[0] as number) <= (sizes[1] as number), `${sizes}`);
        const pale = await page.evaluate<string[]>(`(${paleTexts})()`);
        assert.deepEqual(pale, []);
      }
    });
  });
});

/** Runs in the page: texts whose contrast with what is behind them is less than 4.5, the least that WCAG's level AA allows. */
const paleTexts = `() => {
  const rgb = (color) => color.match(/[\\d.]+/g).map(Number);
  const light = (color) => {
    const [r, g, b] = rgb(color).map((part) => (part / 255 <= 0.04045 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    const { backgroundColor } = getComputedStyle(element);
    return rgb(backgroundColor)[3] === 0 ? behind(element.parentElement) : backgroundColor;
  };
  const contrast = (element) => {
    const [a, b] = [light(getComputedStyle(element).color), light(behind(element))];
    return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  };
  return Array.from(document.querySelectorAll("h1, h2, p, label, button:enabled, select, input, textarea, li, span, dt, dd"))
    .filter((element) => element.textContent !== "" && contrast(element) < 4.5)
    .map((element) => element.outerHTML + " " + contrast(element));
}`;

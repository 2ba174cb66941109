/** The page of examples/browser in Chromium: what its users see, on narrow screens too, and touch and keyboard. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { readResult } from "../../packages/tiny/src/problem.ts";
import { ask, type BuiltPage, builtPage, problem, result, state, submit, textOf, tooLong } from "./built-page.ts";

let built: BuiltPage;
before(async () => {
  built = await builtPage();
});
after(() => built?.close());

describe("a user of the page", () => {
  test("sees on a phone that the answer starts, grows and is not finished", async () => {
    await built.withPage(true, async (page) => {
      await page.look({ width: 400, height: 800, dark: false });
      await page.evaluate(`{
        const seen = new MutationObserver(() => {
          if (document.querySelector(".answer span") === null) return;
          seen.disconnect();
          const { bottom } = document.querySelector("article").getBoundingClientRect();
          const cursor = getComputedStyle(document.querySelector(".answer"), "::after").backgroundColor;
          globalThis.during = { bottom, cursor, state: document.querySelector("#state").textContent };
        });
        seen.observe(document.querySelector("#answers"), { childList: true, subtree: true });
      }`);
      await ask(page, problem.question, "judi");
      const during = await page.evaluate<{ bottom: number; cursor: string; state: string }>("during");
      assert.ok(during.bottom > 0 && during.bottom <= 800, `the card ends at ${during.bottom} of 800`);
      assert.equal(during.state, "Answering…");
      assert.match(during.cursor, /^rgb\(/);
      const { top, bottom } = await page.evaluate<{ top: number; bottom: number }>(
        "document.querySelector('article').getBoundingClientRect().toJSON()",
      );
      assert.ok(top >= 0 && bottom <= 800, `the card is from ${top} to ${bottom} of 800`);
      assert.equal(await state(page), "Ready.");
      await page.evaluate("scrollTo(0, 0)");
      await ask(page, problem.question, "strict");
      assert.ok((await page.evaluate<number>("scrollY")) > 0);
    });
  });

  test("who has scrolled away from an answer stays there", async () => {
    await built.withPage(true, async (page) => {
      await page.look({ width: 400, height: 800, dark: false });
      await submit(page, problem.question, "plain");
      await page.evaluate("scrollTo(0, 0)");
      await page.until("document.querySelector('article').ariaBusy === 'false'");
      assert.equal(await page.evaluate("scrollY"), 0);
    });
  });

  test("sees marks without the white space before a token, where a line may break", async () => {
    await built.withPage(true, async (page) => {
      await ask(page, problem.question, "plain");
      const marks = await page.evaluate<string[]>(
        "Array.from(document.querySelectorAll('.answer span'), ({ textContent }) => textContent)",
      );
      assert.ok(marks.length > 20);
      assert.deepEqual(
        marks.filter((text) => /^\s+\S/.test(text)),
        [],
      );
    });
  });

  test("can see the source and the probability of a token with a tap or the arrow keys", async () => {
    await built.withPage(true, async (page) => {
      await ask(page, problem.question, "judi");
      assert.equal(await page.evaluate("document.querySelector('article .token').hidden"), true);
      await page.evaluate("document.querySelector('.answer .relaxed').click()");
      const relaxed = await textOf(page, "article .token");
      assert.match(
        relaxed,
        /^“.+” is relaxed: drafted, the target would differ; accepted by kl\. Probability: target [\d.]+\s%, draft [\d.]+\s%\.$/,
      );
      assert.equal(await page.evaluate("document.querySelector('.answer').tabIndex"), 0);
      const press = (key: string) =>
        page.evaluate(
          `document.querySelector(".answer").dispatchEvent(new KeyboardEvent("keydown", { key: "${key}", bubbles: true }))`,
        );
      const chosen = () =>
        page.evaluate<number[]>(
          "Array.from(document.querySelectorAll('.answer span'), (mark, at) => mark.ariaCurrent === 'true' ? at : -1).filter((at) => at >= 0)",
        );
      const [at] = (await chosen()) as [number];
      await press("ArrowRight");
      assert.deepEqual(await chosen(), [at + 1]);
      assert.notEqual(await textOf(page, "article .token"), relaxed);
      await press("ArrowLeft");
      assert.deepEqual([await chosen(), await textOf(page, "article .token")], [[at], relaxed]);
    });
  });

  test("gets no answer to a question that is only spaces", async () => {
    await built.withPage(true, async (page) => {
      await submit(page, "  \n ", "judi");
      assert.equal(await page.evaluate("document.querySelector('article')"), null);
      assert.equal(await state(page), "Ready.");
    });
  });

  test("sees an error in its card, below three lines of the question, and can ask again", async () => {
    await built.withPage(true, async (page) => {
      await page.look({ width: 400, height: 800, dark: false });
      await ask(page, tooLong, "strict");
      assert.match(await textOf(page, "article [role=alert]"), /^The prompt has \d+ tokens; tiny holds 512\./);
      assert.equal(await page.evaluate("document.querySelector('#failure').hidden"), true);
      assert.equal(await state(page), "Ready.");
      const lines = await page.evaluate<number>(`(() => {
        const asked = document.querySelector(".asked");
        return asked.getBoundingClientRect().height / parseFloat(getComputedStyle(asked).lineHeight);
      })()`);
      assert.ok(Math.abs(lines - 3) < 0.1, `${lines} lines`);
      assert.equal(readResult((await ask(page, problem.question, "judi")).text), result);
    });
  });

  test("sees aligned texts: the button above the question ends where the question does", async () => {
    await built.withPage(true, async (page) => {
      const [text, box] = await page.evaluate<[number, number]>(`(() => {
        const text = document.createRange();
        text.selectNodeContents(document.querySelector("#another"));
        return [text, document.querySelector("#question")].map((place) => place.getBoundingClientRect().right);
      })()`);
      assert.ok(Math.abs(text - box) < 0.5, `the text ends at ${text}, the box at ${box}`);
    });
  });

  test("can read everything: labels, contrast in light and dark, no horizontal scrolling on narrow screens", async () => {
    await built.withPage(true, async (page) => {
      await ask(page, tooLong, "judi");
      await ask(page, problem.question, "judi");
      await page.evaluate("document.querySelector('.answer .relaxed').click()");
      const unlabelled =
        "Array.from(document.querySelectorAll('textarea, select, input')).filter(({ labels }) => labels.length === 0).length";
      assert.equal(await page.evaluate(unlabelled), 0);
      for (const dark of [false, true]) {
        await page.look({ width: 320, height: 800, dark });
        const sizes = await page.evaluate<number[]>(
          "[document.documentElement.scrollWidth, document.documentElement.clientWidth]",
        );
        assert.ok((sizes[0] as number) <= (sizes[1] as number), `${sizes}`);
        const pale = await page.evaluate<string[]>(`(${paleTexts})()`);
        assert.deepEqual(pale, []);
      }
    });
  });
});

/** Runs in the page: finds texts whose contrast with their background is below 4.5, the minimum of WCAG level AA. */
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

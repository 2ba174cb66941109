/** The page of examples/browser, built and opened in Chromium, with the actions of a user. */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildPage } from "../../examples/browser/build.ts";
import { type Served, serveFolder } from "../../examples/browser/serve.ts";
import { seeded } from "../../packages/core/src/index.ts";
import { problem as drawn, type Problem, phrase, readResult } from "../../packages/tiny/src/index.ts";
import { chromiumProgram, type Page, startChromium } from "./chromium.ts";

/** The built page and a browser. */
export interface BuiltPage {
  /** The served folder. */
  readonly dist: string;
  /**
   * Opens the page on its own server, waits for the models or an error message, and calls `use`. Fails on errors in the
   * browser that do not match `expected`. `search` is the query of the page's URL.
   */
  withPage(isolated: boolean, use: (page: Page) => Promise<void>, expected?: RegExp, search?: string): Promise<void>;
  close(): Promise<void>;
}

/** Builds the page into a temporary folder. Throws if Chromium cannot be started. */
export async function builtPage(): Promise<BuiltPage> {
  const program = chromiumProgram();
  if (program === undefined) throw new Error("Chromium could not be started. Set LENITY_CHROMIUM to its path.");
  const dist = join(await mkdtemp(join(tmpdir(), "lenity-page-")), "dist");
  await buildPage(dist);
  const browser = await startChromium(program);
  return {
    dist,
    async withPage(isolated, use, expected, search = "") {
      const server: Served = await serveFolder(dist, { isolated, port: 0 });
      const page = await browser.open(`${server.url}${search}`);
      try {
        await page.until(
          "document.querySelector('#failure')?.hidden === false || document.querySelector('#ask')?.disabled === false",
        );
        await use(page);
        assert.deepEqual(
          page.errors.filter((error) => expected?.test(error) !== true),
          [],
        );
      } finally {
        await page.close();
        await server.close();
      }
    },
    async close() {
      await browser.close();
      await rm(join(dist, ".."), { recursive: true });
    },
  };
}

/** The contents of the newest card. */
export interface Answer {
  readonly text: string;
  /** The number of tokens of each kind. */
  readonly kinds: Readonly<Record<string, number>>;
  readonly figures: Readonly<Record<string, string>>;
}

/** Submits a question as a user does. */
export const submit = (page: Page, question: string, policy: string): Promise<void> =>
  page.evaluate(`{
    const [question, policy] = [document.querySelector("#question"), document.querySelector("#policy")];
    question.value = ${JSON.stringify(question)};
    policy.value = ${JSON.stringify(policy)};
    policy.dispatchEvent(new Event("change"));
    document.querySelector("#ask").click();
  }`);

/** Submits a question, and reads the newest answer from the page. */
export async function ask(page: Page, question: string, policy: string): Promise<Answer> {
  await submit(page, question, policy);
  await page.until("document.querySelector('article')?.ariaBusy === 'false'");
  return page.evaluate<Answer>(`(() => {
    const article = document.querySelector("article");
    const kinds = {};
    for (const { className } of article.querySelectorAll(".answer span"))
      kinds[className] = (kinds[className] ?? 0) + 1;
    const pairs = Array.from(article.querySelectorAll("dl > div"));
    const figures = Object.fromEntries(pairs.map(({ children }) => Array.from(children, (child) => child.textContent)));
    return { text: article.querySelector(".answer").textContent, kinds, figures };
  })()`);
}

/** The visible text of an element. */
export const textOf = (page: Page, selector: string): Promise<string> =>
  page.evaluate<string>(`document.querySelector(${JSON.stringify(selector)}).innerText`);
export const state = (page: Page): Promise<string> => textOf(page, "#state");
/** A question that does not fit the context. */
export const tooLong: string = "word ".repeat(600);
export const problem: Problem = drawn(seeded(5), "held-out", "words");
export const result: string | undefined = readResult(phrase(problem.answer, seeded(5)));

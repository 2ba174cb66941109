/** The page of examples/browser, built and opened in Chromium as its tests and its readers use it. */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildPage } from "../../examples/browser/build.ts";
import { type Served, serveFolder } from "../../examples/browser/serve.ts";
import { seeded } from "../../packages/core/src/index.ts";
import { type Problem, wordProblem } from "../../packages/tiny/src/problems.ts";
import { chromiumProgram, type Page, startChromium } from "./chromium.ts";

/** The built page and a browser. */
export interface BuiltPage {
  /** The folder that is served. */
  readonly dist: string;
  /**
   * Opens the page on a server of its own, waits for the models or for what it says in their place, and hands it over.
   * The browser may complain of nothing but what is `expected`. `search` ends the page's address.
   */
  withPage(isolated: boolean, use: (page: Page) => Promise<void>, expected?: RegExp, search?: string): Promise<void>;
  close(): Promise<void>;
}

/** Builds the page into a folder of its own. Throws where no Chromium starts. */
export async function builtPage(): Promise<BuiltPage> {
  const program = chromiumProgram();
  if (program === undefined) throw new Error("No Chromium starts on this machine. LENITY_CHROMIUM names one.");
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

/** What the newest card says. */
export interface Answer {
  readonly text: string;
  /** How many tokens of each kind. */
  readonly kinds: Readonly<Record<string, number>>;
  readonly figures: Readonly<Record<string, string>>;
}

/** Asks as a reader does. */
export const submit = (page: Page, question: string, policy: string): Promise<void> =>
  page.evaluate(`{
    const [question, policy] = [document.querySelector("#question"), document.querySelector("#policy")];
    question.value = ${JSON.stringify(question)};
    policy.value = ${JSON.stringify(policy)};
    policy.dispatchEvent(new Event("change"));
    document.querySelector("#ask").click();
  }`);

/** Asks, and reads the newest answer off the page. */
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

/** The text that a reader sees. */
export const textOf = (page: Page, selector: string): Promise<string> =>
  page.evaluate<string>(`document.querySelector(${JSON.stringify(selector)}).innerText`);
export const state = (page: Page): Promise<string> => textOf(page, "#state");
/** More than the context holds. */
export const tooLong: string = "word ".repeat(600);
export const problem: Problem = wordProblem(seeded(5), "held-out");

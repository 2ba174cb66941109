import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { answerCheck, type Prompt, readNumber } from "../src/index.ts";

const folder = await mkdtemp(join(tmpdir(), "lenity-check-"));
after(() => rm(folder, { recursive: true }));

const prompt = (answer?: string): Prompt => ({ question: "How many?", answer, line: { answer, limit: 3 } });

test("the number of an answer is the first after the last ####, or else the last in the text", () => {
  const numbers = {
    "3 + 4 = 7\n#### 7": 7,
    "#### 1\n#### 2 apples, not 3": 2,
    "There are 1,234.50 left of 2,000": 2000,
    "It costs $1,234.50.": 1234.5,
    "1,2345": 2345,
    "Minus: -12": -12,
    "It is 12-7": 7,
    "#### none": undefined,
    nothing: undefined,
  };
  for (const [text, number] of Object.entries(numbers)) assert.equal(readNumber(text), number, text);
});

test("number compares the two numbers, and a text without one is wrong", async () => {
  const check = await answerCheck("number");
  assert.equal(await check("so it is 1,200", prompt("200 * 6\n#### 1200")), true);
  assert.equal(await check("so it is 12", prompt("#### 1200")), false);
  assert.equal(await check("I do not know", prompt("nor do I")), false);
});

test("exact ignores white space at both ends only", async () => {
  const check = await answerCheck("exact");
  assert.equal(await check(" a b\n", prompt("a b")), true);
  assert.equal(await check("a  b", prompt("a b")), false);
});

test("regex matches the reference, and regex:PATTERN its own pattern", async () => {
  assert.equal(await (await answerCheck("regex"))("It is Paris.", prompt("\\bparis\\b|Paris")), true);
  assert.equal(await (await answerCheck("regex"))("It is Rome.", prompt("Paris")), false);
  assert.equal(await (await answerCheck("regex:^a+$"))("aaa", prompt()), true);
  assert.equal(await (await answerCheck("regex:^a+$"))("aab", prompt()), false);
  await assert.rejects(answerCheck("regex:("), /"\(" is not a regular expression/);
});

test("a module's default export gets the text and the prompt with its line", async () => {
  const file = join(folder, "short.mjs");
  await writeFile(file, "export default async (text, { line }) => text.length <= line.limit;");
  const check = await answerCheck(file);
  assert.equal(await check("abc", prompt()), true);
  assert.equal(await check("abcd", prompt()), false);
});

test("a check that compares refuses a prompt without a reference; a module without a function is refused", async () => {
  await assert.rejects(async () => (await answerCheck("number"))("7", prompt()), /the prompt "How many\?" has none/);
  await assert.rejects(answerCheck("numbers"), /Cannot load the answer check "numbers".*Expected number, exact/s);
  const file = join(folder, "none.mjs");
  await writeFile(file, "export const check = () => true;");
  await assert.rejects(answerCheck(file), /The default export of .*none\.mjs is missing; expected a function/);
});

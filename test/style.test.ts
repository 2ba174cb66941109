/** Rules that the formatter and the linter cannot enforce. */
import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

const root = join(import.meta.dirname, "..");
const widest = 120;
/** Strings and patterns cannot be broken, so lines with a long one are allowed. */
const text = /(["'`/]).{30,}\1/;

test("no line of code or comment is longer than 120 characters, except for strings that cannot be broken", () => {
  const exclude = (path: string) => /(^|[\\/])(node_modules|dist|\.cache|\.git)$/.test(path);
  const files = globSync("**/*.{ts,mjs}", { cwd: root, exclude });
  assert.ok(files.length > 100);
  const long = files.flatMap((file) =>
    readFileSync(join(root, file), "utf8")
      .split("\n")
      .flatMap((line, at) => (Array.from(line).length > widest && !text.test(line) ? [`${file}:${at + 1}`] : [])),
  );
  assert.deepEqual(long, []);
});

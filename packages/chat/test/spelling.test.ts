/** Texts of a list, found in long ones. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { seeded } from "@lenity/core";
import { firstLetters, spelled, unusedCharacter } from "../src/spelling.ts";

describe("spellings", () => {
  test("are found as a comparison at every place finds them", () => {
    const random = seeded(6);
    const pick = (letters: string, most: number) =>
      Array.from(
        { length: 1 + Math.floor(random() * most) },
        () => letters[Math.floor(random() * letters.length)],
      ).join("");
    for (let time = 0; time < 300; time++) {
      const texts = Array.from({ length: 1 + Math.floor(random() * 6) }, () => pick("ab|.(", 4));
      const text = pick("ab|.(x", 60);
      const firsts = Array.from(text, (_, at) => at).filter((at) => texts.some((one) => text.startsWith(one, at)));
      assert.deepEqual(
        Array.from(text.matchAll(firstLetters(texts)), ({ index }) => index),
        firsts,
      );
      const longest: string[] = [];
      for (let at = 0; at < text.length; ) {
        const found = texts.filter((one) => text.startsWith(one, at)).sort((a, b) => b.length - a.length)[0];
        if (found !== undefined) longest.push(found);
        at += found?.length ?? 1;
      }
      assert.deepEqual(text.match(spelled(texts)) ?? [], longest);
    }
  });

  test("leave the first private-use character that no text holds", () => {
    const all = Array.from({ length: 0xf8ff - 0xe000 + 1 }, (_, at) => String.fromCharCode(0xe000 + at));
    assert.equal(unusedCharacter(["a", "é"]), "\ue000");
    assert.equal(unusedCharacter(["\ue000 and \ue002", "\ue001"]), "\ue003");
    assert.equal(unusedCharacter([all.slice(0, -1).join("")]), "\uf8ff");
    assert.equal(unusedCharacter([all.slice(1).join(""), all[0] as string]), undefined);
  });
});

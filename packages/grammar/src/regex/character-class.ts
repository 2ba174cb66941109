import type { AST } from "@eslint-community/regexpp";
import { type CodePoints, charactersOfPattern, codePoints, complement } from "../characters/code-points.ts";
import type { Steps } from "../steps.ts";

/** The part of a pattern that stands for one character. */
export type OneCharacter = AST.Character | AST.CharacterSet | AST.ClassRangesCharacterClass;

/** The characters that a part of a pattern with the flag `u` matches. */
export function* charactersOf(part: OneCharacter): Steps<CodePoints> {
  if (part.type === "Character") return codePoints([[part.value, part.value]]);
  if (part.type === "CharacterSet") return yield* charactersOfSet(part);
  const ranges: (readonly [number, number])[] = [];
  for (const element of part.elements) {
    if (element.type === "CharacterClassRange") ranges.push([element.min.value, element.max.value]);
    else for (const range of yield* charactersOf(element)) ranges.push(range);
  }
  const all = codePoints(ranges);
  return part.negate ? complement(all) : all;
}

/** `.`, `\d`, `\w`, and the sets of Unicode's properties that have been used, by how a pattern writes them. */
const known = new Map<string, CodePoints>([
  [
    ".",
    complement(
      codePoints([
        [0x0a, 0x0a],
        [0x0d, 0x0d],
        [0x2028, 0x2029],
      ]),
    ),
  ],
  ["\\d", codePoints([[0x30, 0x39]])],
  [
    "\\w",
    codePoints([
      [0x30, 0x39],
      [0x41, 0x5a],
      [0x5f, 0x5f],
      [0x61, 0x7a],
    ]),
  ],
]);

function* charactersOfSet({ raw }: AST.CharacterSet): Steps<CodePoints> {
  let set = known.get(raw);
  if (set === undefined) {
    // The engine knows the properties of Unicode.
    set = yield* charactersOfPattern(raw);
    known.set(raw, set);
  }
  return set;
}

import type { AST } from "@eslint-community/regexpp";
import { type CodePoints, charactersWhere, codePoints, complement } from "../characters/code-points.ts";

/** The part of a pattern that stands for one character. */
export type OneCharacter = AST.Character | AST.CharacterSet | AST.ClassRangesCharacterClass;

/** The characters that a part of a pattern with the flag `u` matches. */
export function charactersOf(part: OneCharacter): CodePoints {
  if (part.type === "Character") return codePoints([[part.value, part.value]]);
  if (part.type === "CharacterSet") return charactersOfSet(part);
  const all = codePoints(
    part.elements.flatMap((element) =>
      element.type === "CharacterClassRange"
        ? [[element.min.value, element.max.value] as const]
        : charactersOf(element),
    ),
  );
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

function charactersOfSet({ raw }: AST.CharacterSet): CodePoints {
  let set = known.get(raw);
  if (set === undefined) {
    // The engine knows the properties of Unicode.
    const pattern = new RegExp(`^${raw}$`, "u");
    set = charactersWhere((character) => pattern.test(character));
    known.set(raw, set);
  }
  return set;
}

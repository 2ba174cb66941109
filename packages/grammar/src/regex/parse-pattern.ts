import { type AST, RegExpParser } from "@eslint-community/regexpp";
import { LenityError } from "@lenity/core";
import { quoted } from "@lenity/core/internal";

const parser = new RegExpParser({ ecmaVersion: 2025 });
/** Far more than any pattern for people has; nesting it is still parsed without running out of stack. */
const longest = 4096;

/**
 * Parses an ECMAScript pattern with the flag `u`. Throws `invalid_request` with the path, the pattern's own, if it is
 * malformed or too long.
 */
export function parsePattern(pattern: string, path: string): AST.Pattern {
  if (pattern.length > longest) throw refused(path, pattern, `has ${pattern.length} characters`, `at most ${longest}`);
  try {
    return parser.parsePattern(pattern, undefined, undefined, { unicode: true });
  } catch (cause) {
    // The parser calls itself at each parenthesis.
    const why = cause instanceof RangeError ? "is nested too deeply" : `is malformed: ${(cause as Error).message}`;
    throw refused(path, pattern, why, "a pattern of JavaScript with the flag u", cause);
  }
}

/** The error for a pattern that is not an expected one. */
export const refused = (path: string, pattern: string, why: string, expected: string, cause?: unknown): LenityError =>
  new LenityError("invalid_request", `${path}, ${quoted(pattern)}, ${why}; expected ${expected}.`, { path, cause });

import { type AST, RegExpParser } from "@eslint-community/regexpp";
import { LenityError } from "@lenity/core";
import { excerpt, quoted } from "@lenity/core/internal";

const parser = new RegExpParser({ ecmaVersion: 2025 });
/** Far more than patterns for people have. */
const longest = 4096;

/**
 * Parses a pattern of ECMAScript with the flag `u`. Throws `invalid_request` if it is malformed or too long, and
 * `RangeError` if it is nested too deeply.
 */
export function parsePattern(pattern: string, path: string): AST.Pattern {
  if (pattern.length > longest) throw refused(path, pattern, `has ${pattern.length} characters`, `at most ${longest}`);
  try {
    return parser.parsePattern(pattern, undefined, undefined, { unicode: true });
  } catch (cause) {
    if (cause instanceof RangeError) throw cause; // too many parentheses within each other
    // The parser's message quotes the whole pattern before it says what is wrong.
    const why = `is malformed: ${excerpt((cause as Error).message.split(": ").at(-1) as string)}`;
    throw refused(path, pattern, why, "a pattern of JavaScript with the flag u", cause);
  }
}

/** The error for a pattern that is not an expected one. */
export const refused = (path: string, pattern: string, why: string, expected: string, cause?: unknown): LenityError =>
  new LenityError("invalid_request", `${path}, ${quoted(pattern)}, ${why}; expected ${expected}.`, { path, cause });

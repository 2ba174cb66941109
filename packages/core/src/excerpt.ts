/** Messages quote at most this much of a caller's text, so that they stay readable and never send a megabyte back. */
const longest = 80;

/** The beginning of a text, at most `most` UTF-16 units, followed by `…` if it was cut. */
export function excerpt(text: string, most: number = longest): string {
  if (text.length <= most) return text;
  const cut = text.slice(0, most);
  return `${/[\ud800-\udbff]$/.test(cut) ? cut.slice(0, -1) : cut}…`;
}

/** The beginning of a text, quoted, on one line. */
export const quoted = (text: string): string => JSON.stringify(excerpt(text));

/** Describes a caller's value, no longer than an excerpt: `"hot"`, `2.5`, `an array of 5 items`, `{"type":"web"}`. */
export function shown(value: unknown): string {
  if (typeof value === "string") return value === "" ? "an empty string" : quoted(value);
  if (value === Number.POSITIVE_INFINITY) return "a number too large to read"; // JSON.parse turns 1e999 into Infinity
  if (Array.isArray(value))
    return value.length === 0 ? "an empty array" : `an array of ${counted(value.length, "item")}`;
  if (typeof value === "object" && value !== null) {
    const text = JSON.stringify(pruned(value, 3));
    return text === "{}" ? "an empty object" : excerpt(text);
  }
  return excerpt(String(value));
}

/** `1 item`, `4 items`. */
export const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? "" : "s"}`;

/** A copy of a value cut to a few levels and a few entries, which is all that an excerpt can show. */
function pruned(value: unknown, depth: number): unknown {
  if (typeof value === "string") return excerpt(value);
  if (typeof value !== "object" || value === null) return typeof value === "bigint" ? String(value) : value;
  if (depth === 0) return "…";
  if (Array.isArray(value)) return value.slice(0, 8).map((item) => pruned(item, depth - 1));
  const entries: [string, unknown][] = [];
  for (const key in value) {
    if (entries.length === 8) break;
    entries.push([excerpt(key), pruned((value as Record<string, unknown>)[key], depth - 1)]);
  }
  return Object.fromEntries(entries);
}

import type { Token, Tokenizer } from "@lenity/core";

/**
 * One token per UTF-16 unit, and one for each control token and each mark: an added token that is not called special.
 */
export function speaking(controls: readonly string[], marks: readonly string[] = []): Tokenizer {
  const base = 65536;
  const all = [...controls, ...marks];
  const spelled = new RegExp(all.map((text) => text.replace(/[|/[\]]/g, "\\$&")).join("|"));
  const ids = (some: readonly string[]) => new Set(some.map((text) => base + all.indexOf(text)));
  const special = ids(controls);
  return {
    vocabulary: base + all.length,
    special,
    added: ids(all),
    encode(text) {
      const ids: Token[] = [];
      let rest = text;
      while (rest !== "") {
        const found = spelled.exec(rest);
        const before = rest.slice(0, found?.index ?? rest.length);
        ids.push(...Array.from({ length: before.length }, (_, i) => before.charCodeAt(i)));
        if (found !== null) ids.push(base + all.indexOf(found[0]));
        rest = rest.slice(before.length + (found?.[0].length ?? 0));
      }
      return ids;
    },
    decode: (ids, options) =>
      ids
        .filter((id) => options?.special === true || !special.has(id))
        .map((id) => (id < base ? String.fromCharCode(id) : all[id - base]))
        .join(""),
  };
}

/** Values that programs get wrong. */
import type { Random } from "@lenity/core";
import { pick, type Tree, treeOf } from "./tree.ts";

const numbers = [
  ...["0", "-0", "1", "-1", "2", "0.5", "1e-9", "1e999", "-1e999", "5e-324", "1.7976931348623157e308", "NaN"],
  ...["Infinity", "2147483647", "2147483648", "4294967296", "9007199254740991", "9007199254740993", "1e21", "00", "1."],
];
const words = [
  ...["", " ", "strict", "judi", "bounded", "none", "auto", "required", "user", "text", "json_schema", "lookup"],
  ...[
    "\u0000",
    "\u001b[31m",
    "\r\nx-evil: 1",
    "\ud800",
    "\udc00",
    "\uFEFF",
    "日本",
    "👩‍👩‍👧",
    "<|end|>",
    "<|assistant|>",
  ],
  ...["../../etc/passwd", "%2e%2e", "{{ 7*7 }}", "__proto__", "constructor", "toString", "(a+)+$", "#/$defs/a", "#"],
];
export const keys: readonly string[] = [
  ...["__proto__", "constructor", "hasOwnProperty", "toString", "length", "then", "", "0", "-1", "a.b", "a[0]", '"'],
  ...["policy", "type", "of", "any", "all", "threshold", "function", "name", "content", "role", "\ud800", "\u0000"],
];
/** Patterns on which backtracking never ends, whose automata explode, or that are none. */
const patterns = [
  ...[
    "^(a+)+$",
    "^(a|a)*$",
    "(x+x+)+y",
    "^(?:a|b)*a(?:a|b){14}$",
    "^(?:a|b)*a(?:a|b){40}$",
    "^.{0,4000}$",
    "(",
    "[z-a]",
  ],
  ...[
    "^(?:(?:(?:a{9}){9}){9}){9}$",
    "\\1(a)",
    "(?=a)b",
    "\\p{Lu}+",
    "^[^\\u0000-\\uffff]{1,50}$",
    "a{2,1}",
    "^$",
    "\\b",
  ],
  ...["(".repeat(3000), `${"(".repeat(1500)}a${")".repeat(1500)}`, "a|".repeat(2000)],
];

const nested = (depth: number, wrap: (inner: Tree) => Tree, inner: Tree = "1"): Tree => {
  let tree = inner;
  for (let level = 0; level < depth; level++) tree = wrap(tree);
  return tree;
};
const entry = (key: string, value: Tree): Tree => ({ entries: [[key, value]] });
const depths = [3, 50, 99, 150, 190, 1000];

/** A value that some field may have. */
export function plausible(random: Random): Tree {
  const whole = Math.floor(random() * 30);
  const fraction = random().toFixed(2);
  return pick(random, [`${whole}`, `${whole}`, `-${fraction}`, fraction, "true", "false", "null", '"a"', '["a","bb"]']);
}

/** A scalar, mostly. */
export function oddValue(random: Random, depth = 0): Tree {
  const kind = Math.floor(random() * (depth > 2 ? 6 : 10));
  if (kind < 2) return pick(random, numbers);
  if (kind < 4) return JSON.stringify(pick(random, words));
  if (kind === 4) return pick(random, ["null", "true", "false", '"', "undefined", "[]", "{}", "[null]", "[[]]"]);
  if (kind === 5) return String(Math.floor((random() - 0.3) * 300) / pick(random, [1, 1, 10]));
  if (kind === 6) return { items: Array.from({ length: Math.floor(random() * 6) }, () => oddValue(random, depth + 1)) };
  if (kind === 7) {
    const entries = Array.from({ length: Math.floor(random() * 4) }, (): [string, Tree] => {
      return [pick(random, keys), oddValue(random, depth + 1)];
    });
    return { entries };
  }
  if (kind === 8) return nested(pick(random, depths), (inner) => ({ items: [inner] }));
  return nested(pick(random, depths), (inner) => entry(pick(random, keys), inner));
}

/** Sizes of long texts, in characters. The last one is rare. */
const lengths = [1000, 10_000, 100_000];
export const longText = (random: Random): Tree => {
  const length = random() < 0.02 ? 10_000_000 : pick(random, lengths);
  const unit = pick(random, ["a", "ab ", "7", "é", "👍", "<|end|>", "\\", '"', "\n", "\u0000", "\ud800"]);
  return JSON.stringify(unit.repeat(Math.ceil(length / unit.length)));
};

/** A policy that is deep, wide or malformed. */
export function oddPolicy(random: Random): Tree {
  const leaf = treeOf(pick(random, [{ type: "sd" }, { type: "kl", threshold: 0.1 }, "strict", { type: "nothing" }, 1]));
  const depth = pick(random, depths);
  const wrapped = pick<(inner: Tree) => Tree>(random, [
    (inner) => ({
      entries: [
        ["type", '"or"'],
        ["any", { items: [inner] }],
      ],
    }),
    (inner) => ({
      entries: [
        ["type", '"and"'],
        ["all", { items: [inner, structuredClone(inner)] }],
      ],
    }),
    (inner) => ({
      entries: [
        ["type", '"unguarded"'],
        ["of", inner],
      ],
    }),
    (inner) => ({
      entries: [
        ["type", '"ledger"'],
        ["budget", pick(random, numbers)],
        ["of", inner],
      ],
    }),
    (inner) => ({
      entries: [
        ["type", '"shadow"'],
        ["of", inner],
        ["others", { items: [] }],
      ],
    }),
  ]);
  // Two children at each level would be more text than memory.
  const both = textLength(wrapped("1")) !== textLength(wrapped("1".repeat(2))) - 1;
  return nested(both ? Math.min(depth, 12) : depth, wrapped, leaf);
}
const textLength = (tree: Tree): number => JSON.stringify(tree).length;

/** A schema that explodes, contains itself, has a hostile pattern, or is none. */
export function oddSchema(random: Random): Tree {
  const pattern = () => ({
    type: "string",
    pattern: pick(random, patterns),
    maxLength: pick(random, [5, 100, 100_000]),
  });
  const many = (make: (at: number) => object) =>
    Object.fromEntries(Array.from({ length: pick(random, [3, 300, 3000]) }, (_, at) => [`p${at}`, make(at)]));
  const schema = pick<() => object>(random, [
    pattern,
    () => ({ type: "string", pattern: pick(random, patterns) }),
    () => ({ $ref: "#" }),
    () => ({ anyOf: [{ $ref: "#" }, { $ref: "#" }, { type: "null" }] }),
    () => ({ type: "object", properties: many(() => ({ type: "string" })) }),
    () => ({ enum: Object.keys(many(() => ({}))) }),
    () => ({ type: "array", items: { $ref: "#" }, minItems: pick(random, [0, 1, 1e9]), maxItems: 1e9 }),
    () => ({ type: "number", minimum: pick(random, [0, 1e20, 1e22, -0.1]), maximum: 0.25 }),
    () => ({ type: "string", format: pick(random, ["uri", "ipv6", "email", "nothing"]), minLength: 1, maxLength: 30 }),
    () => ({ $defs: { a: { $ref: "#/$defs/a" } }, $ref: "#/$defs/a" }),
  ]);
  const tree = random() < 0.2 ? nested(pick(random, depths), (inner) => entry("items", inner)) : treeOf(schema());
  return tree;
}

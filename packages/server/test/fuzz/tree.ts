/**
 * JSON as a tree that can also be what no JavaScript value is: an object with the same key twice, `1e999`, `NaN`.
 */
import type { Random } from "@lenity/core";

/** A scalar is its text. */
export type Tree = string | ListTree | ObjectTree;
export interface ListTree {
  readonly items: Tree[];
}
export interface ObjectTree {
  readonly entries: [key: string, value: Tree][];
}

export function treeOf(value: unknown): Tree {
  if (Array.isArray(value)) return { items: value.map(treeOf) };
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  return { entries: Object.entries(value).map(([key, part]) => [key, treeOf(part)]) };
}

export function textOf(tree: Tree): string {
  if (typeof tree === "string") return tree;
  if ("items" in tree) return `[${tree.items.map(textOf).join()}]`;
  return `{${tree.entries.map(([key, value]) => `${JSON.stringify(key)}:${textOf(value)}`).join()}}`;
}

/** A place in a tree: what it holds, and how to put something else there. */
export interface Spot {
  readonly tree: Tree;
  replace(by: Tree): void;
  remove(): void;
  /** Adds the same key or item again, with this value. */
  repeat(by: Tree): void;
}

/** All places below the root, from the outside in. */
export function spotsOf(tree: Tree): Spot[] {
  if (typeof tree === "string") return [];
  const spots = (list: unknown[], valueAt: (at: number) => Tree, entry: (at: number, value: Tree) => unknown) =>
    list.flatMap((own, at): Spot[] => [
      {
        tree: valueAt(at),
        replace: (by) => list.splice(list.indexOf(own), 1, entry(at, by)),
        remove: () => list.splice(list.indexOf(own), 1),
        repeat: (by) => list.push(entry(at, by)),
      },
      ...spotsOf(valueAt(at)),
    ]);
  if ("items" in tree)
    return spots(
      tree.items,
      (at) => tree.items[at] as Tree,
      (_, value) => value,
    );
  const keyAt = tree.entries.map(([key]) => key);
  return spots(
    tree.entries,
    (at) => (tree.entries[at] as [string, Tree])[1],
    (at, value) => [keyAt[at], value],
  );
}

/** One of these. */
export const pick = <Item>(random: Random, items: readonly Item[]): Item =>
  items[Math.floor(random() * items.length)] as Item;

import type { Budget } from "../budget.ts";
import type { Steps } from "../steps.ts";
import type { Atom } from "./atom.ts";
import { branches } from "./branches.ts";
import { leafAtoms } from "./leaf-atoms.ts";
import type { Place, Schema } from "./place.ts";

/**
 * Finds out what the schemas of one document allow, through references and alternatives. Equal schemas have the same
 * atoms, also where a schema refers to itself.
 */
export function atomFinder(root: Place, budget: Budget): (place: Place) => Steps<ReadonlySet<Atom>> {
  const branchesOf = bySchema(function* (place) {
    if (budget.due()) yield;
    return branches(place, root);
  });
  const leaf = bySchema(leafAtoms(budget));
  return bySchema(function* (place) {
    const seen = new Set<Schema>();
    const atoms = new Set<Atom>();
    const left = [place];
    for (let at = left.pop(); at !== undefined; at = left.pop()) {
      if (seen.has(at.schema)) continue;
      seen.add(at.schema);
      budget.spend(20 + at.path.length, at.path);
      const parts = yield* branchesOf(at);
      if (parts === undefined) for (const atom of yield* leaf(at)) atoms.add(atom);
      else for (const part of parts.toReversed()) left.push(part);
    }
    return atoms;
  });
}

/** A function of places that is called once for each schema. */
function bySchema<Value>(make: (place: Place) => Steps<Value>): (place: Place) => Steps<Value> {
  const known = new Map<Schema, { readonly value: Value }>();
  return function* (place) {
    let entry = known.get(place.schema);
    if (entry === undefined) {
      entry = { value: yield* make(place) };
      known.set(place.schema, entry);
    }
    return entry.value;
  };
}

import type { Budget } from "../budget.ts";
import { numberAutomaton } from "../json/number-automaton.ts";
import type { Steps } from "../steps.ts";
import type { Atom } from "./atom.ts";
import { constants, isOfType } from "./constants.ts";
import { spokenKeywords, type Type, types, typesOf } from "./keywords.ts";
import { keywordOf } from "./limits.ts";
import { numberRange } from "./number-range.ts";
import { invalid, isObject, member, type Place, unsupported } from "./place.ts";
import { arrayShape, objectShape } from "./shapes.ts";
import { stringRule } from "./string-rule.ts";

/** What a schema without references and alternatives allows. */
export function leafAtoms(budget: Budget): (place: Place) => Steps<readonly Atom[]> {
  const share = sharedAtoms();
  const word = (text: string) => share.known(text) ?? share.keep(text, { kind: "word", text });
  const ofType = function* (place: Place, type: Type): Steps<readonly Atom[]> {
    if (type === "null") return [word("null")];
    if (type === "boolean") return [word("true"), word("false")];
    if (type === "object") return [{ kind: "object", shape: objectShape(place) }];
    if (type === "array") return [{ kind: "array", shape: arrayShape(place) }];
    if (type === "string") {
      const says = ["minLength", "maxLength", "pattern", "format"].map((keyword) => keywordOf(place.schema, keyword));
      const key = [type, ...says];
      return [share.known(key) ?? share.keep(key, { kind: "string", rule: yield* stringRule(place, budget) })];
    }
    const range = numberRange(place, type === "integer");
    const known = share.known(range);
    if (known !== undefined) return [known];
    return [share.keep(range, { kind: "number", automaton: yield* numberAutomaton(range, budget, place.path) })];
  };
  return function* (place) {
    if (place.schema === false) return [];
    const spoken = spokenKeywords(place);
    const named = typesOf(place, spoken);
    const values = valuesOf(place, spoken, named);
    if (values !== undefined) return yield* constants(values.allowed, values.path, word, budget);
    // Numbers include integers.
    const atoms: Atom[] = [];
    for (const type of named ?? types.filter((type) => type !== "integer")) atoms.push(...(yield* ofType(place, type)));
    return atoms;
  };
}

/** Keeps one atom of everything that says the same. */
function sharedAtoms() {
  const atoms = new Map<string, Atom>();
  return {
    known: (key: unknown): Atom | undefined => atoms.get(JSON.stringify(key)),
    keep(key: unknown, atom: Atom): Atom {
      atoms.set(JSON.stringify(key), atom);
      return atom;
    },
  };
}

/** The values that `const` or `enum` allow, and the path of that keyword; undefined if the schema has neither. */
function valuesOf(
  { schema, path }: Place,
  spoken: readonly string[],
  named: ReadonlySet<Type> | undefined,
): { readonly allowed: readonly unknown[]; readonly path: string } | undefined {
  const keyword = spoken.find((each) => each === "const" || each === "enum");
  if (keyword === undefined || !isObject(schema)) return undefined;
  const where = member(path, keyword);
  const other = spoken.find((each) => ![keyword, "type", "nullable"].includes(each));
  if (other !== undefined) {
    throw unsupported(where, `stands beside ${other}. List only the values that ${other} allows, and leave it out.`);
  }
  const values = keyword === "const" ? [schema["const"]] : schema["enum"];
  if (!Array.isArray(values)) throw invalid(where, "is no array; expected the allowed values.");
  const allowed = values.filter((value) => isOfType(value, named));
  if (allowed.length === 0) throw invalid(where, "has no value of the schema's type, so that nothing fulfils it.");
  return { allowed, path: where };
}

import { type AST, visitRegExpAST } from "@eslint-community/regexpp";
import { LenityError } from "@lenity/core";
import { quoted } from "@lenity/core/internal";
import type { Budget } from "../budget.ts";
import { type Alphabet, alphabetOf } from "../characters/alphabet.ts";
import { type CodePoints, everyCharacter } from "../characters/code-points.ts";
import type { Steps } from "../steps.ts";
import { charactersOf, type OneCharacter } from "./character-class.ts";

/** A nondeterministic automaton (Thompson 1968), with steps that need the beginning or the end of the text. */
export interface Nfa {
  readonly nodes: readonly NfaNode[];
  readonly start: number;
  readonly end: number;
  readonly alphabet: Alphabet;
}

export interface NfaNode {
  /** Nodes that are reached without reading; at the beginning or at the end of the text only. */
  readonly empty: number[];
  readonly atStart: number[];
  readonly atEnd: number[];
  /** The letters that lead to another node. */
  readonly read: { readonly letters: readonly number[]; readonly to: number }[];
}

/** An automaton in the making, with the letters of the pattern's parts by how it writes them. */
interface Draft {
  readonly nodes: NfaNode[];
  readonly lettersOf: ReadonlyMap<string, readonly number[]>;
  readonly budget: Budget;
  readonly path: string;
}

/**
 * The texts that match: from beginning to end if `whole`, otherwise in some place. Throws `unsupported` for
 * back-references, which no finite automaton can follow, and for look-around, word boundaries and modifiers.
 */
export function* nfaOf(pattern: AST.Pattern, whole: boolean, budget: Budget, path: string): Steps<Nfa> {
  const parts = yield* charactersIn(pattern, budget, path);
  const { alphabet, lettersOf } = alphabetOf([...parts.values(), everyCharacter]);
  const draft = {
    nodes: [],
    budget,
    path,
    lettersOf: new Map(Array.from(parts.keys(), (part, at) => [part, lettersOf[at] ?? []])),
  };
  const [start, end] = [addNode(draft), addNode(draft)];
  yield* addAlternatives(draft, pattern.alternatives, start, end);
  const letters = lettersOf[parts.size] as readonly number[];
  if (!whole) for (const place of [start, end]) nodeAt(draft, place).read.push({ letters, to: place });
  return { ...draft, alphabet, start, end };
}

/** The characters of each part of a pattern that stands for one, by how the pattern writes it. */
function* charactersIn(pattern: AST.Pattern, budget: Budget, path: string): Steps<ReadonlyMap<string, CodePoints>> {
  const found = new Map<string, OneCharacter>();
  const add = (part: AST.Character | AST.CharacterSet | AST.CharacterClass) => {
    const whole = part.type === "CharacterClass" ? !part.unicodeSets : !part.parent.type.startsWith("CharacterClass");
    if (whole) found.set(part.raw, part as OneCharacter);
  };
  visitRegExpAST(pattern, { onCharacterEnter: add, onCharacterSetEnter: add, onCharacterClassEnter: add });
  const parts = new Map<string, CodePoints>();
  for (const [raw, part] of found) {
    const characters = yield* charactersOf(part);
    // Their borders are sorted, and compared with those of all other parts.
    budget.spend(10 * characters.length + found.size, path);
    parts.set(raw, characters);
  }
  return parts;
}

function addNode({ nodes, budget, path }: Draft): number {
  budget.spend(5, path);
  return nodes.push({ empty: [], atStart: [], atEnd: [], read: [] }) - 1;
}

const nodeAt = ({ nodes }: Draft, index: number): NfaNode => nodes[index] as NfaNode;

/** Leads from one node to the other by what one of the alternatives matches. */
function* addAlternatives(
  draft: Draft,
  alternatives: readonly AST.Alternative[],
  from: number,
  to: number,
): Steps<void> {
  for (const { elements } of alternatives) {
    let now = from;
    for (const element of elements) now = yield* addElement(draft, element, now);
    nodeAt(draft, now).empty.push(to);
  }
}

/** Adds what an element matches, and returns the node behind it. */
function* addElement(draft: Draft, element: AST.Element, from: number): Steps<number> {
  if (draft.budget.due()) yield;
  const to = addNode(draft);
  switch (element.type) {
    case "Group":
    case "CapturingGroup":
      if (element.type === "Group" && element.modifiers !== null) throw refusal(draft.path, "a modifier", element);
      yield* addAlternatives(draft, element.alternatives, from, to);
      break;
    case "Quantifier":
      yield* addRepetition(draft, element, from, to);
      break;
    case "Assertion":
      if (element.kind === "start") nodeAt(draft, from).atStart.push(to);
      else if (element.kind === "end") nodeAt(draft, from).atEnd.push(to);
      else throw refusal(draft.path, element.kind === "word" ? "a word boundary" : "a look-around", element);
      break;
    case "Backreference":
      throw refusal(draft.path, "a back-reference", element);
    default:
      nodeAt(draft, from).read.push({ letters: draft.lettersOf.get(element.raw) ?? [], to });
  }
  return to;
}

function* addRepetition(draft: Draft, { element, min, max }: AST.Quantifier, from: number, to: number): Steps<void> {
  let now = from;
  for (let times = 0; times < min; times++) now = yield* addElement(draft, element, now);
  if (max === Number.POSITIVE_INFINITY) {
    // The loop has a node of its own, since other ways may lead to the one before it.
    const loop = addNode(draft);
    nodeAt(draft, now).empty.push(loop);
    nodeAt(draft, yield* addElement(draft, element, loop)).empty.push(loop);
    now = loop;
  } else {
    for (let times = min; times < max; times++) {
      nodeAt(draft, now).empty.push(to);
      now = yield* addElement(draft, element, now);
    }
  }
  nodeAt(draft, now).empty.push(to);
}

const refusal = (path: string, what: string, { raw }: AST.Node): LenityError =>
  new LenityError(
    "unsupported",
    `${path} has ${quoted(raw)}: ${what} is not supported. Write the pattern without it.`,
    { path },
  );

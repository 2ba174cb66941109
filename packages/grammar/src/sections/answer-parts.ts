import { shown } from "@lenity/core/internal";
import type { AnswerOptions, CallableFunction, Calls } from "../answer-options.ts";
import type { Budget } from "../budget.ts";
import { invalid, isObject, member, type Place, placeOf } from "../schema/place.ts";
import { schemaFrame } from "../schema/schema-frame.ts";
import type { Steps } from "../steps.ts";
import type { Part, Word } from "./part.ts";

/** The parts of an answer. The first one begins it. */
export function* answerParts({ reasoning, schema, calls }: AnswerOptions, budget: Budget): Steps<readonly Part[]> {
  const parts = partList();
  const start = parts.reserve();
  const done = parts.add({ kind: "words", words: [], ends: true });
  const begin = calls === undefined ? [] : yield* callWords(calls, parts, done, budget);
  const isFree = calls?.needed !== true && schema === undefined;
  const value =
    isFree || calls?.needed === true
      ? []
      : [parts.add({ kind: "json", start: yield* schemaFrame(placeOf(schema, "schema"), false, budget), to: done })];
  /** What comes after reasoning or without it. These words may begin it too. */
  const body = (more: readonly Word[], gap: boolean): Part => {
    if (!isFree) {
      const words = parts.add({ kind: "words", words: [...begin, ...more], ends: false });
      return { kind: "either", parts: [words, ...value], gap };
    }
    const [marks, first] = calls?.form.anywhere === true ? [begin, more] : [[], [...begin, ...more]];
    return { kind: "free", marks, first, ends: true };
  };
  if (reasoning === undefined) parts.set(start, body([], false));
  else {
    const { open, close, isOpen } = reasoning;
    const marks = [{ text: close, to: parts.add(body([], true)) }];
    const thinking: Part = { kind: "free", marks, first: [], ends: isFree };
    parts.set(start, isOpen ? thinking : body([{ text: open, to: parts.add(thinking) }], false));
  }
  return parts.all;
}

type PartList = ReturnType<typeof partList>;

/** Parts in the making; one may be named before it is there. */
function partList() {
  const all: Part[] = [];
  const none: Part = { kind: "words", words: [], ends: false };
  return {
    all,
    reserve: () => all.push(none) - 1,
    add: (part: Part) => all.push(part) - 1,
    set(at: number, part: Part) {
      all[at] = part;
    },
  };
}

/** Adds the parts of calls. Returns the words that begin the first one. */
function* callWords(
  { form, functions, needed, several }: Calls,
  parts: PartList,
  done: number,
  budget: Budget,
): Steps<Word[]> {
  const names = parts.reserve();
  const next = several && form.between !== undefined ? [{ text: form.between, to: names }] : [];
  const last = form.end === "" ? [] : [{ text: form.end, to: done }];
  const more = parts.add({ kind: "words", words: [...next, ...last], ends: form.end === "" });
  const close = behind(form.close, more, parts);
  const words: Word[] = [];
  for (const one of functions) {
    const name = form.quoted ? JSON.stringify(one.name).slice(1, -1) : one.name;
    const to = parts.add({ kind: "json", start: yield* schemaFrame(argumentsOf(one), true, budget), to: close });
    words.push({ text: name + form.middle, to });
  }
  parts.set(names, { kind: "words", words, ends: false });
  const open = form.open.map((text): Word => ({ text, to: names }));
  const first = open[0]?.text === "" ? names : parts.add({ kind: "words", words: open, ends: false });
  return (needed ? form.begin.slice(0, 1) : form.begin).map((text) => ({ text, to: first }));
}

/** The part of a text that leads to another part, or that part if there is no text. */
const behind = (text: string, to: number, parts: PartList): number =>
  text === "" ? to : parts.add({ kind: "words", words: [{ text, to }], ends: false });

/** The schema of a function's arguments, which must be an object. */
function argumentsOf({ parameters, path }: CallableFunction): Place {
  const { schema } = placeOf(parameters ?? {}, path);
  // These say themselves what is allowed, and have nothing beside them.
  if (!isObject(schema) || ["$ref", "anyOf"].some((keyword) => Object.hasOwn(schema, keyword))) return { schema, path };
  const { type = "object" } = schema;
  if (type === "object" || (Array.isArray(type) && type.includes("object")))
    return { schema: { ...schema, type: "object" }, path };
  throw invalid(member(path, "type"), `is ${shown(type)}; expected "object", as arguments are one.`);
}

import type { Frame, Move } from "../machine/frame.ts";
import { type Mark, spellings } from "../tokens/marks.ts";
import type { Part, Word } from "./part.ts";
import { follow, type WordTree, wordTree } from "./word-tree.ts";

const whiteSpace: ReadonlySet<number> = new Set([0x20, 0x0a, 0x0d, 0x09]);

type Of<Kind extends Part["kind"]> = Extract<Part, { kind: Kind }>;

/** What a frame says; the rest is the same for all. */
type Saying = Partial<Pick<Frame, "resume" | "thresholds">> & Pick<Frame, "accepting" | "find">;

const frame = (saying: Saying): Frame => ({
  thresholds: [],
  resume: () => undefined,
  ...saying,
  found: [],
  resumed: new Map(),
});

const stay = (to: Frame, space = false): Move => ({ kind: "stay", frame: to, counts: false, space });

/** Makes the value for a key once. */
function remembered<Key, Value>(make: (key: Key) => Value): (key: Key) => Value {
  const known = new Map<Key, Value>();
  return (key) => {
    if (!known.has(key)) known.set(key, make(key));
    return known.get(key) as Value;
  };
}

/** Makes the frames of parts. Returns the frame at the beginning of the first one. */
export function partFrames(parts: readonly Part[], marks: readonly Mark[]): Frame {
  const treeOf = (words: readonly Word[], spelled: boolean) =>
    wordTree(words.flatMap(({ text, to }) => spellings(text, marks, spelled).map((bytes) => ({ bytes, to }))));
  const enter: (part: number) => Frame = remembered((number) => {
    const part = parts[number] as Part;
    if (part.kind === "free") return freeFrames(part, treeOf, enter);
    if (part.kind === "words") return wordFrames(part, treeOf(part.words, false), enter);
    return part.kind === "json" ? jsonFrames(part, enter) : eitherFrame(part, enter);
  });
  return enter(0);
}

type Enter = (part: number) => Frame;

/** Frames by how much of a word the text ends with, and how much of one it has begun with, if it still may. */
function freeFrames(
  { marks, first, ends }: Of<"free">,
  treeOf: (words: readonly Word[], spelled: boolean) => WordTree,
  enter: Enter,
): Frame {
  const [anywhere, beginnings] = [treeOf(marks, true), treeOf(first, true)];
  const known = new Map<string, Frame>();
  const at = (ending: WordTree, beginning: WordTree | undefined): Frame => {
    const key = `${ending.id} ${beginning?.id}`;
    let found = known.get(key);
    if (found === undefined) {
      found = frame({
        accepting: ends,
        find(byte) {
          const blank = beginning === beginnings && whiteSpace.has(byte);
          const begun = blank ? beginning : beginning?.next.get(byte);
          const ended = follow(ending, byte);
          const to = begun?.to ?? ended.to;
          return stay(to === undefined ? at(ended, begun) : enter(to));
        },
      });
      known.set(key, found);
    }
    return found;
  };
  return at(anywhere, first.length === 0 ? undefined : beginnings);
}

function wordFrames({ ends }: Of<"words">, root: WordTree, enter: Enter): Frame {
  const at: (tree: WordTree) => Frame = remembered((tree) =>
    frame({
      accepting: tree === root && ends,
      find(byte) {
        const next = tree.next.get(byte);
        if (next === undefined) return undefined;
        return stay(next.to === undefined ? at(next) : enter(next.to));
      },
    }),
  );
  return at(root);
}

/** The frames of JSON at this level. Once the value may be over, the part behind it may begin. */
function jsonFrames({ start, to }: Of<"json">, enter: Enter): Frame {
  const around: (inner: Frame) => Frame = remembered((inner) =>
    frame({
      thresholds: inner.thresholds,
      accepting: inner.accepting && enter(to).accepting,
      find(byte, count) {
        const move = inner.find(byte, count);
        if (move?.kind === "stay") return { ...move, frame: around(move.frame) };
        return move ?? (inner.accepting ? enter(to).find(byte, 0) : undefined);
      },
      resume(closed) {
        const next = inner.resume(closed);
        return next === undefined ? undefined : around(next);
      },
    }),
  );
  return around(start);
}

function eitherFrame({ parts, gap }: Of<"either">, enter: Enter): Frame {
  const all = parts.map(enter);
  const own: Frame = frame({
    accepting: all.some(({ accepting }) => accepting),
    find(byte) {
      if (gap && whiteSpace.has(byte)) return stay(own, true);
      for (const one of all) {
        const move = one.find(byte, 0);
        if (move !== undefined) return move;
      }
      return undefined;
    },
    resume(closed) {
      for (const one of all) {
        const next = one.resume(closed);
        if (next !== undefined) return next;
      }
      return undefined;
    },
  });
  return own;
}

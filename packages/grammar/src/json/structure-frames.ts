import type { Closed, Frame, Move } from "../machine/frame.ts";
import { frames } from "../machine/moves.ts";
import type { TextRule } from "../texts/text-rule.ts";
import type { Network, Node, Rule, Step } from "./network.ts";

const quote = 0x22;
const whiteSpace: ReadonlySet<number> = new Set([0x20, 0x0a, 0x0d, 0x09]);

/**
 * Makes the frames of objects, arrays and the top level. A frame is the set of nodes where the text of the level may
 * have led to. Returns the first frame of the network.
 */
export function structureFrames(
  { nodes, rules, root }: Network,
  texts: (rules: readonly TextRule[]) => Frame,
  close: (rules: readonly number[]) => Closed,
): Frame {
  const nodeAt = (index: number) => nodes[index] as Node;
  const frameOf = frames(
    (set: readonly number[]) => set.join(),
    (set): Frame => {
      const own = set.map(nodeAt);
      return {
        thresholds: thresholdsOf(own, rules),
        accepting: own.some(({ ends }) => ends),
        find: (byte, count) => find(set, byte, count),
        resume: (closed) => resume(own, closed),
        found: [],
        resumed: new Map(),
      };
    },
  );
  /** The frame of these nodes and those that are reached from them without reading. */
  const reach = (from: Iterable<number>): Frame => {
    const all = new Set(from);
    for (const at of all) for (const step of nodeAt(at).steps) if (step.kind === "empty") all.add(step.to);
    return frameOf([...all].sort((a, b) => a - b));
  };
  const resume = (own: readonly Node[], { rules: done }: Closed): Frame | undefined => {
    const next = own.flatMap(({ steps }) =>
      steps.flatMap((step) => (step.kind === "call" && done.has(step.rule) ? [step.to] : [])),
    );
    return next.length === 0 ? undefined : reach(next);
  };
  const open = (called: readonly Rule[]): Frame => {
    const strings = called.flatMap((rule) => (rule.kind === "text" ? [rule.text] : []));
    if (strings.length > 0) return texts(strings);
    return reach(called.flatMap((rule) => (rule.kind === "container" ? [rule.start] : [])));
  };
  const find = (set: readonly number[], byte: number, count: number): Move | undefined => {
    const gaps = whiteSpace.has(byte) ? set.filter((at) => nodeAt(at).gap) : [];
    if (gaps.length > 0) return { kind: "stay", frame: reach(gaps), counts: false, space: true };
    // No byte takes steps of two kinds: what opens or closes a level does nothing else outside of strings.
    const steps = set.flatMap((at) => nodeAt(at).steps.filter((step) => takes(step, byte, count, rules)));
    const closed = new Set(steps.flatMap((step) => (step.kind === "close" ? [step.rule] : [])));
    if (closed.size > 0) return { kind: "close", closed: close([...closed]) };
    const called = new Set(steps.flatMap((step) => (step.kind === "call" ? [step.rule] : [])));
    if (called.size > 0) return { kind: "open", frame: open([...called].map((rule) => rules[rule] as Rule)) };
    const read = steps.flatMap((step) => (step.kind === "bytes" ? [step] : []));
    if (read.length === 0) return undefined;
    const counts = read.some((step) => step.counts === true);
    return { kind: "stay", frame: reach(read.map(({ to }) => to)), counts, space: false };
  };
  return reach([root]);
}

/** Whether a step is taken by this byte, after `count` parts. */
function takes(step: Step, byte: number, count: number, rules: readonly Rule[]): boolean {
  if (step.kind === "empty") return false;
  if (step.kind === "close") return step.byte === byte && count >= (step.atLeast ?? 0);
  if (step.kind === "bytes")
    return byte >= step.first && byte <= step.last && count < (step.below ?? Number.POSITIVE_INFINITY);
  const rule = rules[step.rule] as Rule;
  return byte === (rule.kind === "text" ? quote : rule.opens);
}

/** The counts at which what may follow changes in the containers of these nodes. */
function thresholdsOf(own: readonly Node[], rules: readonly Rule[]): number[] {
  const all = [...new Set(own.map(({ inside }) => inside))].flatMap((inside) => {
    const rule = inside === undefined ? undefined : rules[inside];
    return rule?.kind === "container" ? rule.thresholds : [];
  });
  return [...new Set(all)].sort((a, b) => a - b);
}

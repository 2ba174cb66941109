import type { Closed, Frame, Move } from "../machine/frame.ts";
import { frames } from "../machine/moves.ts";
import { endedBy, type Part, readByte, type Spot } from "./read-byte.ts";
import { mayEnd, type Reading } from "./reading.ts";
import type { TextRule } from "./text-rule.ts";

/**
 * Makes the frames of texts. Those in JSON are strings: they close with a quote, and escapes stand for characters.
 * Others are whole answers. Returns the frame at the beginning of a text that follows one of these rules.
 */
export function textFrames(
  inJson: boolean,
  close: (rules: readonly number[]) => Closed,
): (rules: readonly TextRule[]) => Frame {
  const frameOf = frames(keyOf, (spot: Spot): Frame => {
    const { readings, part } = spot;
    return {
      thresholds: thresholdsOf(readings),
      accepting: !inJson && part === undefined && readings.some(mayEnd),
      find(byte, count): Move | undefined {
        const ended = inJson ? endedBy(spot, byte, count) : [];
        if (ended.length > 0) return { kind: "close", closed: close(ended.map(({ rule }) => rule.id)) };
        const next = readByte(spot, byte, count, inJson);
        if (next === undefined) return undefined;
        return { kind: "stay", frame: frameOf(next), counts: next.part === undefined, space: false };
      },
      resume: () => undefined,
      found: [],
      resumed: new Map(),
    };
  });
  return (rules) => frameOf({ readings: rules.map((rule) => ({ rule, at: 0 })) });
}

const keyOf = ({ readings, part }: Spot): string =>
  `${part === undefined ? "" : keyOfPart(part)}|${readings
    .map(({ rule, at }) => `${rule.id}:${at}`)
    .sort()
    .join()}`;

function keyOfPart(part: Part): string {
  if (part.kind === "escape") return part.text;
  return part.kind === "any" ? `${part.of}${part.missing}` : `${part.part.first}-${part.part.last}`;
}

/** Lengths at which what may follow changes. */
function thresholdsOf(readings: readonly Reading[]): number[] {
  const lengths = readings.flatMap(({ rule }) => [rule.least, rule.most]);
  return [...new Set(lengths)]
    .filter((length) => length > 0 && length < Number.POSITIVE_INFINITY)
    .sort((a, b) => a - b);
}

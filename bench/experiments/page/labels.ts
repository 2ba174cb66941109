/** Labels beside the points that they name, moved so that they do not overlap. */

export interface Label {
  /** In the units of the axes: the place of the point. */
  readonly x: number;
  readonly y: number;
  readonly text: string;
  readonly colour: string;
  /** On which side of the point it is written. */
  readonly side: "left" | "right";
}

interface Range {
  readonly domain: readonly [number, number];
  readonly log?: boolean | undefined;
}

/** The size of a plot in pixels and the ranges of its axes. */
export interface Frame {
  readonly width: number;
  readonly height: number;
  readonly x: Range;
  readonly y: Range;
}

/** Pixels: the height of a line of labels, and the mean width of a letter. */
const [line, letter] = [12, 6];

/** The labels with other heights where they would overlap. */
export function spreadLabels(labels: readonly Label[], { width, height, x, y }: Frame): Label[] {
  const boxes = labels.map((label) => {
    const at = width * shareOf(label.x, x);
    const length = letter * label.text.length + 10;
    const [left, right] = label.side === "right" ? [at, at + length] : [at - length, at];
    return { left, right, y: height * (1 - shareOf(label.y, y)) };
  });
  for (let round = 0, moved = true; moved && round < 100; round++) {
    moved = false;
    for (const [i, a] of boxes.entries()) {
      for (const b of boxes.slice(i + 1)) {
        const overlap = line - Math.abs(a.y - b.y);
        if (a.right < b.left || b.right < a.left || overlap <= 0.01) continue;
        const [upper, lower] = a.y <= b.y ? [a, b] : [b, a];
        // Not below the plot, where the axis has its own labels.
        lower.y = Math.min(height, lower.y + overlap / 2);
        upper.y = Math.min(upper.y - overlap / 2, lower.y - line);
        moved = true;
      }
    }
  }
  return labels.map((label, i) => ({ ...label, y: valueAt(1 - (boxes[i]?.y ?? 0) / height, y) }));
}

/** Where a value is between the ends of an axis, 0 to 1; and back. */
const shareOf = (value: number, { domain: [from, to], log = false }: Range): number =>
  log ? Math.log(value / from) / Math.log(to / from) : (value - from) / (to - from);
const valueAt = (share: number, { domain: [from, to], log = false }: Range): number =>
  log ? from * (to / from) ** share : from + share * (to - from);

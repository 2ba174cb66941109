/** How numbers are written. */
import type { Point } from "../harness/point.ts";

/** `0.9325` → `93.3 %`. */
export const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

/** `93.3 % (90.4 – 95.3)`. */
export const withInterval = ({ right, interval }: Pick<Point, "right" | "interval">): string =>
  `${percent(right)} (${interval.map((end) => (100 * end).toFixed(1)).join(" – ")})`;

/** A difference of shares: `−2.1`. */
export const points = (difference: number): string => {
  const text = (100 * Math.abs(difference)).toFixed(1);
  return text === "0.0" ? "0.0" : `${difference < 0 ? "−" : "+"}${text}`;
};

/** `p = 0.031`, `p < 0.001`. */
export const pValue = (p: number): string => (p < 0.001 ? "p < 0.001" : `p = ${p.toFixed(3)}`);

/** A long part of the page that readers open. */
export const details = (summary: string, content: string): string =>
  `<details>\n<summary>${summary}</summary>\n\n${content}\n\n</details>`;

/** One of two sentences, by whether the first is true of the figures. */
export const claim = (holds: boolean, sentence: string, otherwise: string): string => (holds ? sentence : otherwise);

/** `a`, `a and b`, `a, b and c`. */
export const list = (names: readonly string[]): string =>
  names.length < 2 ? names.join() : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;

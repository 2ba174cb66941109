/** How a request draws tokens from rows: those of the target, and those of its drafter. */
import type { DraftRequest } from "./drafter.ts";
import type { Row } from "./evidence/evidence.ts";
import type { Token } from "./model.ts";
import { drawByNoise } from "./noise.ts";
import { draw, type Random } from "./sampling.ts";
import type { Drawing } from "./verifier.ts";

/** Draws a token from the row at this position of the text, counted from the beginning of the prompt. */
export type PickToken = (row: Row, position: number) => Token;

/** For each way of drawing, how the target's tokens are drawn. */
export const pickers: Readonly<Record<Drawing, (random: Random, seed: number) => PickToken>> = {
  coins: (random) => (row) => draw(row, random()),
  noise: (_, seed) => (row, position) => drawByNoise(row, seed, position),
};

/** Draws the drafted token at index `at` of a block from the drafter's row: by noise if the request has it, else by coin. */
export function drawDraft(
  row: Row,
  at: number,
  {
    context,
    uniform,
    noise,
  }: Pick<DraftRequest, "uniform" | "noise"> & { readonly context: { readonly length: number } },
): Token {
  return noise === undefined ? draw(row, uniform[at] as number) : drawByNoise(row, noise, context.length + at);
}

/** Examples whose hidden states are known to tell how likely a token is wrong. */
import { seeded } from "@lenity/core";
import type { Example } from "@lenity/train";
import { normal } from "./normal.ts";

export const example = (fields: Partial<Example>): Example => ({
  state: Float32Array.of(0),
  fine: true,
  same: false,
  kl: 0,
  entropy: 0,
  margin: 0,
  group: undefined,
  prompt: 0,
  ...fields,
});

export interface Planted {
  readonly count?: number | undefined;
  /** The share of tokens that the target would choose itself. */
  readonly same?: number | undefined;
  /** How much the state tells: 0 nothing. Default 3. */
  readonly strength?: number | undefined;
}

/**
 * Examples with states of eight dimensions with very different means and scales. Dimension 5 tells about the class:
 * `kl` grows with it, `margin` falls, and `entropy` is noise. Four examples have the same prompt.
 */
export function planted(seed: number, { count = 2000, same = 0, strength = 3 }: Planted = {}): Example[] {
  const random = seeded(seed);
  return Array.from({ length: count }, (_, i) => {
    const x = Array.from({ length: 8 }, () => normal(random));
    const z = x[5] as number;
    return example({
      state: Float32Array.from(x, (value, j) => 10 ** (j - 4) * value + 3 * j),
      fine: random() > 1 / (1 + Math.exp(2 - strength * z)),
      same: random() < same,
      kl: Math.exp(z),
      margin: -z,
      entropy: random(),
      prompt: Math.floor(i / 4),
    });
  });
}

import { isHiddenKind } from "@lenity/core";

/** Throws a RangeError when the option `hidden` names something else than kinds of hidden states. */
export function checkHidden(kinds: readonly unknown[] = []): void {
  const stray = kinds.find((kind) => !isHiddenKind(kind));
  if (stray !== undefined)
    throw new RangeError(
      `hidden names ${stray}; expected pre-norm, post-norm, layer-N or layer-N-norm, with N from 1.`,
    );
}

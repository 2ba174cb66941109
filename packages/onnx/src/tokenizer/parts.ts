/** A normaliser, pre-tokenizer or decoder of tokenizer.json. */
export interface Part {
  readonly type?: unknown;
  readonly [setting: string]: unknown;
}

/** A part, or the parts of a sequence, which has them under the name `list`. */
export function partsOf(part: unknown, list: string): readonly Part[] {
  const given = part as Part | null | undefined;
  if (given === null || given === undefined) return [];
  return given.type === "Sequence" ? (given[list] as readonly unknown[]).flatMap((one) => partsOf(one, list)) : [given];
}

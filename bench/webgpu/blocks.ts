/** Whether a device scores blocks as the CPU does. */
import { argmax, type LanguageModel, type Token } from "@lenity/core";

/** What a device says about blocks of one length, beside the CPU. */
export interface BlockAgreement {
  /** Tokens of a block. */
  readonly length: number;
  /** Rows that were compared, and those with the same best token. */
  readonly rows: number;
  readonly agreeing: number;
  /** The largest difference of two logits, and what the CPU's logits span. */
  readonly difference: number;
  readonly span: number;
  /** Where the best tokens differ: the CPU's logit of its own less that of the device's. */
  readonly gaps: readonly number[];
}

/** Scores the end of each text in blocks of each length, on both. The texts must be longer than the longest block. */
export async function compareBlocks(
  cpu: LanguageModel,
  device: LanguageModel,
  texts: readonly (readonly Token[])[],
  lengths: readonly number[],
): Promise<BlockAgreement[]> {
  const all: BlockAgreement[] = [];
  for (const length of lengths) {
    let [rows, agreeing, difference, low, high] = [0, 0, 0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    const gaps: number[] = [];
    for (const text of texts) {
      const expected = await scoreEnd(cpu, text, length);
      const found = await scoreEnd(device, text, length);
      for (const [i, value] of expected.entries()) {
        difference = Math.max(difference, Math.abs(value - (found[i] as number)));
        [low, high] = [Math.min(low, value), Math.max(high, value)];
      }
      for (let row = 0; row < length; row++) {
        const own = expected.subarray(row * cpu.vocabulary, (row + 1) * cpu.vocabulary);
        const other = argmax(found.subarray(row * cpu.vocabulary, (row + 1) * cpu.vocabulary));
        const best = argmax(own);
        rows++;
        if (best === other) agreeing++;
        else gaps.push((own[best] as number) - (own[other] as number));
      }
    }
    all.push({ length, rows, agreeing, difference, span: high - low, gaps });
  }
  return all;
}

/** The logits of the last `length` tokens, as one block. */
async function scoreEnd(model: LanguageModel, text: readonly Token[], length: number): Promise<Float32Array> {
  const session = await model.open();
  try {
    await session.append(text.slice(0, -length), { rows: 0 });
    return (await session.append(text.slice(-length))).logits;
  } finally {
    await session.close();
  }
}

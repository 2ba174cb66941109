import { type Batch, gathering } from "../batch/gathering.ts";
import { region } from "../cache/split-cache.ts";
import { append, type Model, newSequence, type Sequence } from "../run/sequence.ts";
import { difference } from "./difference.ts";
import { probeTokens } from "./probe-tokens.ts";

/** What a sequence holds, and the block that it runs with the others. Some tokens may run alone, some may not. */
interface Case {
  readonly held: number;
  readonly block: number;
  readonly alone: boolean;
}

const cases: readonly Case[] = [
  { held: 40, block: 1, alone: true },
  { held: 3, block: 9, alone: false },
  { held: 150, block: 1, alone: false },
  { held: 130, block: 17, alone: false },
  { held: 1, block: 1, alone: true },
];
/** More for split attention: behind a region, and at the end of one, where no second row has room. */
const splitCases: readonly Case[] = [
  { held: region + 44, block: 3, alone: false },
  { held: region - 1, block: 1, alone: true },
];

/**
 * Whether blocks that run together give the bits that they give one by one, in their rows and, shown by the block
 * after, in their caches.
 */
export async function isExactTogether(model: Model, batch: Batch): Promise<boolean> {
  let met = false;
  let failed = false;
  const run: Batch["run"] = async (passes) => {
    met = true;
    try {
      return await batch.run(passes);
    } catch (error) {
      failed = true;
      throw error;
    }
  };
  const meeting = gathering();
  const together = { batch: { ...batch, run }, gathering: meeting };
  const all = model.graph.family === "split" ? [...cases, ...splitCases] : cases;
  const fitting = all.filter(({ held, block }) => held + block + 2 <= model.contextLength);
  const alone: Float32Array[] = [];
  for (const one of fitting) alone.push(await rowsOf({ ...model, together: undefined }, one));
  const rows = await Promise.all(fitting.map((one) => meeting.during(() => rowsOf({ ...model, together }, one))));
  return met && !failed && rows.every((some, at) => difference(some, alone[at] as Float32Array) === 0);
}

/** The rows of a case's block, and one of a block after it. */
async function rowsOf(model: Model, { held, block, alone }: Case): Promise<Float32Array> {
  const sequence: Sequence = newSequence();
  const tokens = probeTokens(held + block + 2, model.width);
  const apart = { ...model, together: undefined };
  try {
    await append(apart, sequence, tokens.slice(0, held), { rows: 0 });
    const first = await append(model, sequence, tokens.slice(held, held + block), { rows: block, alone });
    const second = await append(apart, sequence, tokens.slice(held + block), { rows: 1 });
    const all = new Float32Array(first.logits.length + second.logits.length);
    all.set(first.logits);
    all.set(second.logits, first.logits.length);
    return all;
  } finally {
    sequence.cache?.dispose?.();
  }
}

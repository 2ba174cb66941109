import { type Batch, gathering } from "../batch/gathering.ts";
import { region } from "../cache/split-cache.ts";
import { append, copySequence, type Model, newSequence, type Sequence } from "../run/sequence.ts";
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
/** One more for split attention, behind the border of a region. */
const splitCase: Case = { held: region + 44, block: 3, alone: false };

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
  const all = model.graph.family === "split" ? [...cases, splitCase] : cases;
  const fitting = all.filter(({ held, block }) => held + block + 2 <= model.contextLength);
  const apart = { ...model, together: undefined };
  const held = new Map<Case, Sequence>();
  const alone: Float32Array[] = [];
  try {
    for (const one of fitting) {
      const sequence = newSequence();
      held.set(one, sequence);
      await append(apart, sequence, tokensOf(model, one).slice(0, one.held), { rows: 0 });
      // A copy, so that rows which the shared run fails to keep are not there already.
      const copy = copySequence(sequence, one.held);
      alone.push(await rowsOf(apart, copy, one));
      copy.cache?.dispose?.();
    }
    const shared = Array.from(held, ([one, sequence]) =>
      meeting.during(() => rowsOf({ ...model, together }, sequence, one)),
    );
    const rows = await Promise.all(shared);
    return met && !failed && rows.every((some, at) => difference(some, alone[at] as Float32Array) === 0);
  } finally {
    for (const { cache } of held.values()) cache?.dispose?.();
  }
}

const tokensOf = ({ width }: Model, { held, block }: Case): number[] => probeTokens(held + block + 2, width);

/** The rows of a case's block, and one of a block after it, which runs apart. */
async function rowsOf(model: Model, sequence: Sequence, one: Case): Promise<Float32Array> {
  const { held, block, alone } = one;
  const tokens = tokensOf(model, one);
  const first = await append(model, sequence, tokens.slice(held, held + block), { rows: block, alone });
  const apart = { ...model, together: undefined };
  const second = await append(apart, sequence, tokens.slice(held + block), { rows: 1 });
  const all = new Float32Array(first.logits.length + second.logits.length);
  all.set(first.logits);
  all.set(second.logits, first.logits.length);
  return all;
}

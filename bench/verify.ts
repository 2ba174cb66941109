/**
 * The cost of a verdict. Each verifier decides a block of drafted tokens from fresh evidence, compared with copying the
 * same logits once, which is a lower bound for verifiers that read all logits. The two take turns, so that the ratios
 * are valid on a noisy machine.
 */
import {
  draw,
  drawByNoise,
  type Hidden,
  logitsEvidence,
  type Random,
  type Round,
  type Row,
  type Sampling,
  sampling,
  seeded,
  type Token,
  type Verifier,
} from "@lenity/core";
import { median } from "./order.ts";
import { markdownTable } from "./table.ts";

/** A verifier to measure, with the sampling settings of the request. */
export interface VerifyEntry {
  readonly label: string;
  /** Creates the verifier for each verdict. */
  readonly verifier: () => Verifier;
  readonly sampling: Partial<Sampling>;
  /** Numbers per hidden state of the target and of the draft, for verifiers that read them. Default 64. */
  readonly hiddenWidth?: number | undefined;
  readonly draftHiddenWidth?: number | undefined;
}

export interface VerifyOptions {
  readonly entries: readonly VerifyEntry[];
  /** Sizes of the vocabulary. Default 4096, 32 000, 128 256 and 151 936. */
  readonly vocabularies?: readonly number[] | undefined;
  /** K, the drafted tokens of a block. Default 25. */
  readonly draftTokens?: number | undefined;
  /** Verdicts of each verifier at each vocabulary, after two to warm up. Default 9. */
  readonly repeats?: number | undefined;
  readonly seed?: number | undefined;
  readonly progress?: ((done: number, all: number) => void) | undefined;
}

/** Medians at one size of vocabulary, in milliseconds. */
export interface VerifyCell {
  readonly vocabulary: number;
  /** Copying the K rows of both models. */
  readonly floor: number;
  /** One verdict on K tokens. */
  readonly verdict: number;
  /** Computing the row to draw from at the first rejection, after the verdict; absent if nothing was rejected. */
  readonly replacement: number | undefined;
  /** verdict / floor. */
  readonly ratio: number;
}

/** One line of the table. */
export interface VerifyRow {
  readonly label: string;
  readonly cells: readonly VerifyCell[];
}

export interface VerifyReport {
  readonly draftTokens: number;
  readonly repeats: number;
  readonly seed: number;
  readonly rows: readonly VerifyRow[];
}

const warmUps = 2;
/** Every block follows this one token. */
const context: readonly Token[] = [0];

/** Measures every verifier at every size of vocabulary. */
export async function verify(options: VerifyOptions): Promise<VerifyReport> {
  const { entries, vocabularies = [4096, 32_000, 128_256, 151_936], draftTokens = 25, repeats = 9, seed = 1 } = options;
  const cells = new Map<VerifyEntry, VerifyCell[]>(entries.map((entry) => [entry, []]));
  let done = 0;
  for (const vocabulary of vocabularies) {
    const logits = blockLogits(seeded(seed), vocabulary, draftTokens);
    for (const entry of entries) {
      cells.get(entry)?.push(await measure(entry, logits, vocabulary, draftTokens, repeats, seed));
      options.progress?.(++done, entries.length * vocabularies.length);
    }
  }
  return {
    draftTokens,
    repeats,
    seed,
    rows: entries.map((entry) => ({ label: entry.label, cells: cells.get(entry) ?? [] })),
  };
}

/** Logits of both models, [K + 1, vocabulary] and [K, vocabulary], and buffers for a copy of K rows of each. */
interface BlockLogits {
  readonly target: Float32Array;
  readonly drafter: Float32Array;
  readonly copies: readonly [Float32Array, Float32Array];
}

async function measure(
  { verifier, sampling: settings, hiddenWidth = 64, draftHiddenWidth = 64 }: VerifyEntry,
  { target, drafter, copies }: BlockLogits,
  vocabulary: number,
  draftTokens: number,
  repeats: number,
  seed: number,
): Promise<VerifyCell> {
  const full = sampling(settings);
  const random = seeded(seed);
  const proposals = logitsEvidence(drafter, vocabulary, full);
  const { drawing } = verifier();
  const pick = (row: Row, at: number) =>
    drawing === "noise" ? drawByNoise(row, seed, context.length + at) : draw(row, random());
  const draft = Array.from({ length: draftTokens }, (_, at) =>
    full.temperature === 0 ? proposals.argmax(at) : pick(proposals.row(at), at),
  );
  const uniform = draft.map(random);
  const hidden = randomHidden(hiddenWidth, draftTokens, random);
  const draftHidden = randomHidden(draftHiddenWidth, draftTokens, random);
  const compared = target.subarray(0, drafter.length);
  const floors: number[] = [];
  const verdicts: number[] = [];
  const replacements: number[] = [];
  for (let i = 0; i < warmUps + repeats; i++) {
    const fresh = verifier();
    const began = performance.now();
    copies[0].set(compared);
    copies[1].set(drafter);
    const copied = performance.now();
    const round: Round = {
      context,
      promptLength: 1,
      spent: new Map(),
      looping: false,
      draft,
      target: logitsEvidence(target, vocabulary, full),
      drafter: logitsEvidence(drafter, vocabulary, full),
      hidden: fresh.needs?.hidden === undefined ? undefined : hidden,
      draftHidden: fresh.needs?.draftHidden === undefined ? undefined : draftHidden,
      greedy: full.temperature === 0,
      control: new Set(),
      uniform,
      noise: seed,
    };
    const verdict = await fresh.verify(round);
    const decided = performance.now();
    const refused = verdict.accept.indexOf(false);
    if (refused >= 0) verdict.replacement?.(refused) ?? round.target.row(refused);
    const replaced = performance.now();
    if (i < warmUps) continue;
    floors.push(copied - began);
    verdicts.push(decided - copied);
    if (refused >= 0) replacements.push(replaced - decided);
  }
  const [floor, verdict] = [median(floors), median(verdicts)];
  return {
    vocabulary,
    floor,
    verdict,
    ratio: verdict / floor,
    replacement: replacements.length > 0 ? median(replacements) : undefined,
  };
}

/** The target's logits are roughly normal; the drafter's are the same plus noise, so that it is sometimes right. */
function blockLogits(random: Random, vocabulary: number, draftTokens: number): BlockLogits {
  const normal = (scale: number) => scale * (random() + random() + random() - 1.5) * 2;
  const target = Float32Array.from({ length: (draftTokens + 1) * vocabulary }, () => normal(4));
  const drafter = Float32Array.from(
    { length: draftTokens * vocabulary },
    (_, i) => (target[i] as number) + normal(0.5),
  );
  return { target, drafter, copies: [new Float32Array(drafter.length), new Float32Array(drafter.length)] };
}

function randomHidden(width: number, length: number, random: Random): Hidden {
  const states = Array.from({ length }, () => Float32Array.from({ length: width }, () => 2 * random() - 1));
  return { width, at: (index) => states[index] as Float32Array };
}

/** The report as a Markdown table: the ratio to the floor, and the milliseconds of a verdict. */
export function verifyTable({ rows }: VerifyReport): string {
  const milliseconds = (value: number) =>
    value < 1 ? value.toFixed(3) : value < 100 ? value.toFixed(1) : value.toFixed(0);
  const vocabularies = rows[0]?.cells.map(({ vocabulary }) => vocabulary) ?? [];
  const largest = vocabularies.indexOf(Math.max(...vocabularies));
  const head = ["verifier", ...vocabularies.map((vocabulary) => `${vocabulary}`), "replacement"];
  const floors = vocabularies.map(
    (_, i) => `1× (${milliseconds(median(rows.map(({ cells }) => (cells[i] as VerifyCell).floor)))} ms)`,
  );
  const body = rows.map(({ label, cells }) => [
    label,
    ...cells.map(({ ratio, verdict }) => `${ratio.toFixed(ratio < 10 ? 2 : 0)}× (${milliseconds(verdict)} ms)`),
    cells[largest]?.replacement === undefined ? "–" : `${milliseconds(cells[largest].replacement)} ms`,
  ]);
  return markdownTable(head, [["floor: both copied once", ...floors, ""], ...body]);
}

import type { Row } from "../evidence/evidence.ts";
import { logitsEvidence } from "../evidence/logits-evidence.ts";
import type { Reading } from "../evidence/reading.ts";
import { readingsEvidence } from "../evidence/readings-evidence.ts";
import { hiddenRows } from "../hidden-rows.ts";
import { defaultRegistry } from "../presets.ts";
import { createRegistry, type Parameter, type Registry, type VerifierPlugin } from "../registry.ts";
import { type Sampling, sampling, seeded } from "../sampling.ts";
import { processedRow } from "../truncate.ts";
import type { Round, Thinning, Verdict, Verifier } from "../verifier.ts";
import { type ConformanceCase, conformanceWidth } from "./conformance-case.ts";
import { greedyAnswer, requestCases } from "./conformance-requests.ts";
import { noiseLaw, oneStepLaw } from "./one-step-law.ts";
import { randomLogits } from "./random-model.ts";
import { plainReadings } from "./scoring-model.ts";

/**
 * The requirements for every verifier, as cases for any test runner: `for (const { name, skip, run } of
 * conformance(plugin)) test(name, { skip }, run)`. The verifier is created from the plugin's `example` options, and
 * from its `strict` options if it has them; throws a TypeError if that fails. `registry` creates it and must have the
 * plugin and any verifiers the example names. Default: the plugin, and every verifier of the package that needs no
 * head.
 */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: one list of cases.
export function conformance(plugin: VerifierPlugin, registry: Registry = registryWith(plugin)): ConformanceCase[] {
  const { strict, strictMode, parameter } = plugin;
  const create = creator(plugin, registry);
  const usual = () => create(plugin.example);
  const { needs, law, joint } = usual();
  const settings = [...(needs?.mode === "sampled" ? [] : [greedy]), ...(needs?.mode === "greedy" ? [] : [sampled])];
  const rounds = (count: number, blockLength: number) =>
    settings.flatMap((setting) => Array.from({ length: count }, (_, seed) => randomRound(seed, blockLength, setting)));
  const noStrict = strict === undefined ? "this rule has no options that reproduce the target" : undefined;

  return [
    {
      name: "returns one decision for each drafted token, and none for an empty draft",
      async run() {
        for (const length of [0, 1, 4, 16]) {
          for (const round of rounds(3, length))
            expect((await usual().verify(round)).accept.length === length, `expected ${length} decisions`);
        }
      },
    },
    {
      name: "decides without the drafter's rows, or declares that it needs them",
      async run() {
        if (needs?.draftRows === true) return;
        for (const round of rounds(5, 4)) await usual().verify({ ...round, drafter: undefined });
      },
    },
    {
      name: "gives the same verdict on the same coins",
      async run() {
        for (const round of rounds(10, 6)) {
          const [first, second] = [await usual().verify(round), await usual().verify(round)];
          expect(first.accept.join() === second.accept.join(), "two verdicts differ");
        }
      },
    },
    {
      name: "gives the same decisions and replacements from only the numbers that it declares in reads",
      skip: usual().reads === undefined ? "it reads whole rows" : undefined,
      async run() {
        for (const round of rounds(10, 6)) await checkReads(usual, round);
      },
    },
    {
      name: "returns replacements that are distributions",
      async run() {
        for (const round of rounds(10, 6)) checkReplacements(await usual().verify(round), round);
      },
    },
    {
      name: "produces no NaN on rows with zeros, ties, one-hot rows, huge logits and denormals",
      async run() {
        for (const round of hardRounds(settings)) checkReplacements(await usual().verify(round), round);
      },
    },
    {
      name: "never accepts a token that the target rules out, if it is lossless",
      skip: law === "exact" ? undefined : "it is lossy",
      async run() {
        for (const round of hardRounds(settings)) {
          const { accept } = await usual().verify(round);
          const rejection = accept.indexOf(false);
          for (let at = 0; at < (rejection < 0 ? accept.length : rejection); at++) {
            expect(
              round.target.probability(at, round.draft[at] as number) > 0,
              "a token of probability 0 was accepted",
            );
          }
        }
      },
    },
    {
      name: "accepts more, or as much, from each value of its parameter to the next, strict to loose",
      skip: parameter === undefined ? "this rule has no parameter" : undefined,
      async run() {
        const { name, looser, values } = parameter as Parameter;
        const least = strict?.[name];
        const ordered = typeof least === "number" ? [least, ...values] : values;
        for (const [at, value] of ordered.slice(1).entries()) {
          const before = ordered[at] as number;
          expect(looser === "up" ? value >= before : value <= before, `${value} after ${before} is not ${looser}`);
        }
        let most = 0;
        for (const value of values) {
          const verifier = create({ ...plugin.example, [name]: value });
          const verdicts = await Promise.all(rounds(40, 6).map(async (round) => verifier.verify(round)));
          const accepted = verdicts.flatMap(({ accept }) => accept.filter(Boolean)).length;
          expect(accepted >= most, `${name} ${value} accepts ${accepted} tokens, a stricter value ${most}`);
          most = accepted;
        }
      },
    },
    ...requestCases(usual, settings),
    {
      name: "reproduces the target token for token at temperature 0 with its strict options",
      skip: noStrict ?? (needs?.mode === "sampled" ? "it is defined only above temperature 0" : undefined),
      async run() {
        for (let seed = 0; seed < 15; seed++) {
          const [plain, verified] = [await greedyAnswer(undefined, seed), await greedyAnswer(create(strict), seed)];
          expect(plain.join() === verified.join(), `seed ${seed}: ${verified} differs from ${plain}`);
        }
      },
    },
    {
      name: "reproduces the target's law when sampling with its strict options",
      skip:
        noStrict ??
        (strictMode === "greedy"
          ? "its strict options are strict only at temperature 0"
          : joint === true
            ? "it decides on whole blocks: see its test"
            : undefined),
      async run() {
        for (let seed = 0; seed < 40; seed++) {
          const [p, q] = [randomLogits(seed, 6, 2), randomLogits(seed + 1000, 6, 2)];
          const verifier = create(strict);
          const hidden = { width: conformanceWidth, at: () => randomLogits(seed, conformanceWidth, 1) };
          const draftHidden = { width: conformanceWidth, at: () => randomLogits(seed + 1, conformanceWidth, 1) };
          const whole: Verifier = {
            ...verifier,
            verify: (round) => verifier.verify({ ...round, hidden, draftHidden }),
          };
          const sampled = verifier.drawing === "noise" ? 20_000 : undefined;
          const emitted = await (sampled === undefined ? oneStepLaw(whole, p, q) : noiseLaw(whole, p, q, sampled));
          const expected = processedRow(p, sampling({ temperature: 1 }));
          for (const [i, mass] of expected.entries()) {
            const tolerance = sampled === undefined ? 1e-5 : 5 * Math.sqrt((mass * (1 - mass)) / sampled);
            expect(Math.abs((emitted[i] as number) - mass) <= tolerance, `seed ${seed}: the law differs from p`);
          }
        }
      },
    },
  ];
}

/** The package's verifiers and this one, which may be one of them. */
function registryWith(plugin: VerifierPlugin): Registry {
  const { plugins, presets } = defaultRegistry();
  return createRegistry([...plugins.filter(({ name }) => name !== plugin.name), plugin], presets);
}

function creator({ name, example }: VerifierPlugin, registry: Registry): (options: object | undefined) => Verifier {
  return (options) => {
    try {
      return registry.create({ type: name, ...options });
    } catch (cause) {
      const given = options === undefined ? "no options" : JSON.stringify(options);
      const hint = example === undefined ? "Give the plugin an example with options" : "Give the plugin options";
      throw new TypeError(
        `"${name}" cannot be created from ${given}: ${(cause as Error).message} ${hint} that its schema accepts.`,
        {
          cause,
        },
      );
    }
  };
}

function expect(condition: boolean, message: string): void {
  if (!condition) throw new Error(message);
}

function checkReplacements({ replacement, thinning }: Verdict, round: Round): void {
  for (let at = 0; at < round.draft.length; at++) {
    const row = replacement?.(at) ?? round.target.row(at);
    checkThinning(thinning?.(at), row, round.target.row(at), at);
    const sum = row.reduce((a, b) => a + b, 0);
    expect(Math.abs(sum - 1) < 1e-4 && row.every((value) => value >= 0), `the replacement at ${at} sums to ${sum}`);
  }
}

/** Draws from the target's row p that are kept with this chance must follow the replacement. */
function checkThinning(keep: Thinning | undefined, replacement: Row, p: Row, at: number): void {
  if (keep === undefined) return;
  const kept = Array.from(p, (probability, token) => (probability > 0 ? probability * keep(token, probability) : 0));
  const mass = kept.reduce((sum, value) => sum + value, 0);
  // Where nothing is kept nothing is ever rejected.
  if (mass < 1e-3) return;
  expect(
    kept.every((value, token) => Math.abs(value / mass - (replacement[token] as number)) < 1e-3),
    `thinned draws at ${at} do not follow the replacement`,
  );
}

/**
 * The same round with a target whose rows are elsewhere. As in the loop, it includes the probabilities that `sd` reads.
 */
async function checkReads(create: () => Verifier, round: Round): Promise<void> {
  const settings = round.greedy ? greedy : sampled;
  const simple = (reading: Reading): Reading =>
    !reading.startsWith("processed")
      ? reading
      : round.greedy
        ? "argmax"
        : (reading.replace("processed", "raw") as Reading);
  const target = readingsEvidence({
    readings: plainReadings(
      [...(create().reads ?? []), "processed probability" as const].map(simple),
      round.target,
      round.draft,
      round.drafter,
    ),
    draft: round.draft,
    vocabulary: round.target.vocabulary,
    sampling: settings,
    row: async (at) => round.target.logits(at),
  });
  const [plain, read] = [await create().verify(round), await create().verify({ ...round, target })];
  expect(plain.accept.join() === read.accept.join(), "the verdicts differ");
  for (let at = 0; at < round.draft.length; at++) {
    await target.load?.(at);
    const [expected, found] = [
      plain.replacement?.(at) ?? round.target.row(at),
      read.replacement?.(at) ?? target.row(at),
    ];
    expect(
      expected.every((mass, i) => Math.abs(mass - (found[i] as number)) < 1e-6),
      `the replacements at ${at} differ`,
    );
  }
}

const [greedy, sampled] = [sampling(), sampling({ temperature: 1 })];

function roundOf(
  target: Float32Array,
  drafter: Float32Array,
  vocabulary: number,
  settings: Sampling,
  seed: number,
): Round {
  const random = seeded(seed);
  const evidence = logitsEvidence(drafter, vocabulary, settings);
  const draft = Array.from({ length: evidence.length }, (_, at) => {
    const coin = random();
    let left = coin;
    const row = evidence.row(at);
    const token = row.findIndex((mass) => mass > 0 && (left -= mass) < 0);
    return token < 0 ? evidence.argmax(at) : token;
  });
  const states = (seed: number) => hiddenRows(randomLogits(seed, conformanceWidth * draft.length, 1), conformanceWidth);
  return {
    context: [0, 1],
    promptLength: 2,
    spent: new Map(),
    looping: false,
    draft,
    target: logitsEvidence(target, vocabulary, settings),
    drafter: evidence,
    hidden: states(seed + 7),
    draftHidden: states(seed + 8),
    greedy: settings.temperature === 0,
    control: new Set(),
    uniform: draft.map(random),
    noise: seed,
  };
}

function randomRound(seed: number, length: number, settings: Sampling): Round {
  const vocabulary = 9;
  const target = randomLogits(seed + 1, vocabulary * (length + 1), 2);
  const noise = randomLogits(seed + 2, vocabulary * (length + 1), 1);
  const drafter = target.map((value, i) => value + (noise[i] as number)).subarray(0, vocabulary * length);
  return roundOf(target, drafter, vocabulary, settings, seed);
}

/** Blocks of two positions over every pair of awkward rows. */
function hardRounds(settings: readonly Sampling[]): Round[] {
  const low = Number.NEGATIVE_INFINITY;
  const rows = [
    [0, 0],
    [low, 0],
    [0, low],
    [1e30, -1e30],
    [-1e30, -1e30],
    [1e-40, 2e-40],
    [88, -88],
    [5, 5 - 1e-7],
  ];
  const pairs = rows.flatMap((p) => rows.map((q) => [p, q] as const));
  return settings.flatMap((setting) =>
    pairs.map(([p, q], seed) =>
      roundOf(Float32Array.from([...p, ...q, ...p]), Float32Array.from([...q, ...p]), 2, setting, seed),
    ),
  );
}

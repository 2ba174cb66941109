/**
 * What is saved by computing the numbers of a drafted block on the device with its logits. Runs rounds of one model,
 * which computes little besides logits, with rows that are sent and with numbers instead. The two take turns. The draft
 * is given, so that a round is only verification.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type Drafter,
  decode,
  defaultRegistry,
  draw,
  type LanguageModel,
  logitsEvidence,
  type Sampling,
  type Scored,
  type Session,
  sampling,
  seeded,
} from "@lenity/core";
import { type Device, exportDecoder, loadModel } from "@lenity/onnx";
import { small, writeModel } from "@lenity/onnx/testing";
import { lowerQuartile } from "./order.ts";
import { markdownTable } from "./table.ts";

export interface EvidenceOptions {
  /** Default: 32 000 and 151 936. */
  readonly vocabularies?: readonly number[] | undefined;
  /** Default: cpu, and webgpu if it is available. */
  readonly devices?: readonly Device[] | undefined;
  /** Default 15. */
  readonly draftTokens?: number | undefined;
  /** Rounds of each kind that count. Default 15. */
  readonly repeats?: number | undefined;
  readonly progress?: ((done: number, all: number) => void) | undefined;
}

/** The cost of a round: milliseconds, bytes sent from the model to the verifying thread, and bytes sent back. */
export interface RoundCost {
  readonly milliseconds: number;
  readonly from: number;
  readonly to: number;
}

export interface EvidenceRow {
  readonly device: Device;
  readonly vocabulary: number;
  readonly policy: string;
  readonly temperature: number;
  readonly rows: RoundCost;
  readonly numbers: RoundCost;
  /** Milliseconds with numbers divided by milliseconds with rows. */
  readonly ratio: number;
}

export interface EvidenceReport {
  readonly draftTokens: number;
  readonly repeats: number;
  /** Devices that were not available, and why. */
  readonly missing: readonly string[];
  readonly rows: readonly EvidenceRow[];
}

const policies = [
  ["strict", 0],
  ["judi", 0],
  ["strict", 1],
  ["judi", 1],
] as const;

/** Measures every policy on every device. If a given device is not available, rejects with the error of `loadModel`. */
export async function evidence(options: EvidenceOptions = {}): Promise<EvidenceReport> {
  const { vocabularies = [32_000, 151_936], draftTokens = 15, repeats = 15 } = options;
  const devices = options.devices ?? (["cpu", "webgpu"] as const);
  const parent = await mkdtemp(join(tmpdir(), "lenity-bench-"));
  const missing: string[] = [];
  const rows: EvidenceRow[] = [];
  let done = 0;
  try {
    for (const vocabulary of vocabularies) {
      const dir = await writeModel(parent, `${vocabulary}`, {
        ...small,
        layers: 1,
        width: 64,
        vocabulary,
        context: 4096,
      });
      // Not every adapter supports float16.
      await exportDecoder(dir, { weights: "float32" });
      for (const device of devices) {
        const lanes = await load(dir, device).catch((error: Error) => {
          if (options.devices !== undefined) throw error;
          return error;
        });
        if (lanes instanceof Error) {
          if (!missing.includes(lanes.message)) missing.push(lanes.message.replace(/^\d+ /, ""));
        } else {
          try {
            for (const [policy, temperature] of policies)
              rows.push(await compare(lanes, { device, vocabulary, policy, temperature, draftTokens, repeats }));
          } finally {
            await Promise.all(lanes.map((model) => model.close()));
          }
        }
        options.progress?.(++done, vocabularies.length * devices.length);
      }
    }
  } finally {
    await rm(parent, { recursive: true, force: true });
  }
  return { draftTokens, repeats, missing: [...new Set(missing)], rows };
}

/** Loads the model twice: one sends rows, the other numbers. */
async function load(dir: string, device: Device): Promise<readonly [LanguageModel, LanguageModel]> {
  const rows = await loadModel(dir, { device, numbers: false });
  try {
    return [rows, await loadModel(dir, { device, numbers: true })];
  } catch (error) {
    await rows.close();
    throw error;
  }
}

type Case = Pick<EvidenceRow, "device" | "vocabulary" | "policy" | "temperature"> & {
  readonly draftTokens: number;
  readonly repeats: number;
};

async function compare(
  models: readonly LanguageModel[],
  { draftTokens, repeats, ...what }: Case,
): Promise<EvidenceRow> {
  const settings = sampling({ temperature: what.temperature });
  const lanes = models.map((model) => ({
    ...counted(model),
    drafter: givenDrafter(what.vocabulary, draftTokens, settings),
    times: [] as number[],
  }));
  // The first rounds warm up.
  const warm = 2;
  const runs = lanes.map((lane) => rounds(lane, what.policy, settings, draftTokens));
  for (let i = -warm; i < repeats; i++) {
    for (const [n, lane] of lanes.entries()) {
      if (i === 0) Object.assign(lane.bytes, { from: 0, to: 0 });
      const began = performance.now();
      lane.gate.open();
      await runs[n]?.next();
      if (i >= 0) lane.times.push(performance.now() - began);
    }
  }
  const [rows, numbers] = lanes.map(
    ({ bytes, times }): RoundCost => ({
      milliseconds: lowerQuartile(times),
      from: bytes.from / repeats,
      to: bytes.to / repeats,
    }),
  ) as [RoundCost, RoundCost];
  for (const [n, { gate }] of lanes.entries()) {
    // For the round that is under way.
    gate.open();
    await runs[n]?.return();
  }
  return { ...what, rows, numbers, ratio: numbers.milliseconds / rows.milliseconds };
}

interface Lane {
  readonly model: LanguageModel;
  readonly drafter: Drafter;
}

async function* rounds(
  { model, drafter }: Lane,
  policy: string,
  settings: Sampling,
  draftTokens: number,
): AsyncGenerator<void, void, void> {
  const verifier = defaultRegistry().create(policy);
  for await (const event of decode([1, 2, 3], { target: model, drafter, verifier, draftTokens, sampling: settings }))
    if (event.type === "round") yield;
}

/** Lets one block through each time it is opened, since `decode` begins a round before it is asked for it. */
function gateOf(): { open(): void; pass(): Promise<void> } {
  let open = () => {};
  const shut = () =>
    new Promise<void>((resolve) => {
      open = resolve;
    });
  let opened = shut();
  return {
    open: () => open(),
    async pass() {
      await opened;
      opened = shut();
    },
  };
}

/** The model with a gate before its blocks, and a count of the bytes that its sessions send and receive. */
function counted(model: LanguageModel): {
  readonly model: LanguageModel;
  readonly bytes: { from: number; to: number };
  readonly gate: ReturnType<typeof gateOf>;
} {
  const bytes = { from: 0, to: 0 };
  const gate = gateOf();
  const wrap = (session: Session): Session => ({
    get length() {
      return session.length;
    },
    async append(tokens, options) {
      if (options?.rows !== 0) await gate.pass();
      const scores = await session.append(tokens, options);
      bytes.from += scores.logits.byteLength;
      return scores;
    },
    ...(session.score === undefined
      ? {}
      : {
          async score(tokens, options) {
            await gate.pass();
            bytes.to += options.drafterLogits?.byteLength ?? 0;
            const scored = await (session.score as NonNullable<Session["score"]>)(tokens, options);
            bytes.from += 4 * Object.values(scored.readings).reduce((sum, values) => sum + (values?.length ?? 0), 0);
            const row = async (at: number) => {
              const logits = await (scored.row as NonNullable<Scored["row"]>)(at);
              bytes.from += logits?.byteLength ?? 0;
              return logits;
            };
            return { ...scored, row };
          },
        }),
    rewind: (length) => session.rewind(length),
    close: () => session.close(),
  });
  return { model: { ...model, eos: [], open: async (options) => wrap(await model.open(options)) }, bytes, gate };
}

/** Proposes the same block of tokens each round, with the rows they were drawn from. */
function givenDrafter(vocabulary: number, draftTokens: number, settings: Sampling): Drafter {
  const random = seeded(1);
  let logits = Float32Array.from({ length: draftTokens * vocabulary }, () => 3 * (random() + random() - 1));
  const all = logitsEvidence(logits, vocabulary, settings);
  const tokens = Array.from({ length: draftTokens }, (_, at) =>
    settings.temperature === 0 ? all.argmax(at) : draw(all.row(at), random()),
  );
  return {
    name: "given",
    rows: true,
    vocabulary,
    async propose({ limit }) {
      const evidence = logitsEvidence(logits, vocabulary, settings);
      const transferLogits: typeof evidence.transferLogits = (use) =>
        evidence.transferLogits(async (own) => {
          logits = (await use(own)) as Float32Array<ArrayBuffer>;
          return logits;
        });
      return { tokens: tokens.slice(0, limit), evidence: { ...evidence, transferLogits } };
    },
    close() {},
  };
}

/** The report as a Markdown table. */
export function evidenceTable({ rows, missing }: EvidenceReport): string {
  const size = (bytes: number) => (bytes < 1e5 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`);
  const body = rows.map(({ device, vocabulary, policy, temperature, rows, numbers, ratio }) => [
    `${policy} at ${temperature}`,
    device,
    `${vocabulary}`,
    `${rows.milliseconds.toFixed(1)} ms`,
    size(rows.from),
    `${numbers.milliseconds.toFixed(1)} ms`,
    size(numbers.from),
    numbers.to === 0 ? "–" : size(numbers.to),
    `${ratio.toFixed(2)}×`,
  ]);
  const head = ["policy", "device", "vocabulary", "by rows", "sent", "by numbers", "sent", "received", "time"];
  return [markdownTable(head, body, 2), ...missing.map((why) => `\nNot measured: ${why}`)].join("\n");
}

/**
 * The cost of a step as the text grows, for each layout of the KV cache: the same random model in every form, and each
 * step as a decoding loop runs it (feeds, run, write-back, rewind). The layouts take turns every few steps, so that the
 * ratios are valid on a noisy machine. The first step of a turn is not counted, because the previous model's threads
 * still spin for half a millisecond.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { type CacheFamily, defaultThreads, exportDecoder, loadModel } from "@lenity/onnx";
import { type Form, graphBuilder, type Shape, tokensOf, writeForm, writeModel } from "@lenity/onnx/testing";
import * as runtime from "onnxruntime-node";
import { lowerQuartile } from "./order.ts";
import { markdownTable } from "./table.ts";

export interface CacheOptions {
  /** Tokens in the sequence after a step. Default 256, 1024 and 4096. */
  readonly contexts?: readonly number[] | undefined;
  /** Tokens per step. Default 1, 8 and 17. */
  readonly blocks?: readonly number[] | undefined;
  /** Default 4. */
  readonly layers?: number | undefined;
  /** A multiple of 128: heads of 64, two per cache head. Default 256. */
  readonly width?: number | undefined;
  readonly threads?: number | undefined;
  /** Turns of each layout at each context and block. Three steps of each turn count. Default 12. */
  readonly turns?: number | undefined;
  readonly progress?: ((done: number, all: number) => void) | undefined;
}

/** Steps that end at one context. */
export interface CacheCell {
  readonly context: number;
  /** Time per step: the lower quartile, because other programs can only add to it. */
  readonly milliseconds: number;
  /** Relative to the same layout and block at the shortest context. */
  readonly ratio: number;
  /** Bytes of keys and values that a step copies. Calculated from what its graph and its loop do, not measured. */
  readonly calculatedCopies: number;
}

/** One line of the table. */
export interface CacheRow {
  readonly layout: string;
  readonly block: number;
  readonly cells: readonly CacheCell[];
}

export interface CacheReport {
  readonly shape: Shape;
  readonly threads: number;
  readonly cores: number;
  readonly turns: number;
  readonly rows: readonly CacheRow[];
}

/** One layout of the KV cache. */
interface Layout {
  readonly label: string;
  write(dir: string, shape: Shape, file: string): Promise<unknown>;
  /** Rows of keys and values that a step of `block` tokens up to `context` copies, by calculation. */
  copied(context: number, block: number, shape: Shape): number;
  open(dir: string, shape: Shape, file: string, threads: number): Promise<Stepper>;
}

/** A loaded model with one sequence. */
interface Stepper {
  /** Extends the sequence to this length. It never gets shorter. */
  fill(length: number): Promise<void>;
  /**
   * Runs a block and rewinds, alternately to one token after the previous length and back, so that two steps keep the
   * length.
   */
  step(block: number): Promise<void>;
  close(): Promise<void>;
}

const form = (kind: Form) => (dir: string, shape: Shape, file: string) => writeForm(dir, file, shape, kind);
/** Buffers of GroupQueryAttention have room for a multiple of 128 rows. */
const room = (context: number) => Math.ceil(context / 128) * 128;

/** A model as lenity runs it, in a worker. */
const adapterStepper =
  (family: CacheFamily): Layout["open"] =>
  async (dir, shape, file, threads) => {
    const model = await loadModel(dir, { file, threads });
    const { graph } = model;
    if (graph.family !== family || !graph.newRows) {
      await model.close();
      throw new Error(
        `${file} runs as ${graph.family}${graph.newRows ? " with new rows" : ""}; expected ${family} with new rows.`,
      );
    }
    const session = await model.open();
    const tokens = tokensOf(shape.context, 1, shape.vocabulary);
    let accepts = true;
    return {
      async fill(length) {
        await session.append(tokens.slice(session.length, length), { rows: 0 });
      },
      async step(block) {
        const { length } = session;
        await session.append(tokens.slice(length, length + block));
        session.rewind(accepts ? length + 1 : length - 1);
        accepts = !accepts;
      },
      close: () => model.close(),
    };
  };

const layouts: readonly Layout[] = [
  { label: "floor: attention alone", write: writeFloor, copied: () => 0, open: floorStepper },
  {
    label: "GQA, whole present.* fetched anew",
    write: form({}),
    // Copied by the operator into its output, and by the runtime out of it.
    copied: (context) => 2 * context,
    open: rawStepper,
  },
  // Copied out of the run: fetched outputs are copied even if they were written in place.
  { label: "GQA, in place", write: form({}), copied: room, open: aliasedStepper },
  {
    label: "GQA, new rows",
    write: form({ newRows: true }),
    // The operator copies the whole buffer; the new rows are copied out of it, into one output, out of the run and into
    // the buffer.
    copied: (context, block) => room(context) + 4 * block,
    open: adapterStepper("new-rows"),
  },
  {
    label: "concat, whole present.*",
    write: form({ concat: true }),
    // Copied by Concat and out of the run.
    copied: (context) => 2 * context,
    open: rawStepper,
  },
  {
    label: "concat, new rows",
    write: form({ concat: true }),
    // Copied by Concat, plus the new rows; and all groups but the first move once per step, when rows are added or
    // removed.
    copied: (context, block, { groups }) => context + 3 * block + (context * (groups - 1)) / groups,
    open: adapterStepper("concat"),
  },
  {
    label: "split: frozen and tail",
    write: (dir, _shape, file) => exportDecoder(dir, { attention: "split", file }),
    // The tail's values (half a row) are joined with the block's; the new rows are copied into one output, out of the
    // run and into the buffers.
    copied: (context, block) => (((context - block) % 256) + block) / 2 + 3 * block,
    open: adapterStepper("split"),
  },
];

/**
 * Measures every layout at every context and block. Needs space in the temporary folder for a copy of the model in each
 * form.
 */
export async function cache(options: CacheOptions = {}): Promise<CacheReport> {
  const { blocks = [1, 8, 17], layers = 4, width = 256, turns = 12 } = options;
  const contexts = [...(options.contexts ?? [256, 1024, 4096])].sort((a, b) => a - b);
  const threads = options.threads ?? defaultThreads();
  checkSizes(contexts, blocks, width);
  const shape = shapeOf(layers, width, Math.max(...contexts));
  const rowBytes = 2 * layers * shape.groups * shape.headSize * 4;
  const rows = layouts.flatMap((layout) => blocks.map((block) => ({ layout, block, cells: [] as CacheCell[] })));
  let done = 0;
  const steppers = new Map<Layout, Stepper>();
  const folder = await mkdtemp(join(tmpdir(), "lenity-cache-"));
  try {
    const dir = await writeModel(folder, "model", shape);
    for (const [i, layout] of layouts.entries()) {
      await layout.write(dir, shape, `${i}.onnx`);
      steppers.set(layout, await layout.open(dir, shape, `${i}.onnx`, threads));
    }
    for (const context of contexts) {
      // Longer blocks start earlier, and a sequence only grows. A single token runs as two rows.
      for (const block of [...blocks].sort((a, b) => b - a)) {
        for (const stepper of steppers.values()) await stepper.fill(context - 1 - Math.max(2, block));
        const times = new Map<Layout, number[]>(layouts.map((layout) => [layout, []]));
        for (let turn = 0; turn < turns; turn++) {
          for (const [layout, stepper] of steppers)
            times.get(layout)?.push(...(await measure(() => stepper.step(block), 3)));
        }
        for (const row of rows.filter((row) => row.block === block)) {
          const milliseconds = lowerQuartile(times.get(row.layout) as number[]);
          const calculatedCopies = rowBytes * row.layout.copied(context, Math.max(2, block), shape);
          row.cells.push({
            context,
            milliseconds,
            ratio: milliseconds / (row.cells[0]?.milliseconds ?? milliseconds),
            calculatedCopies,
          });
        }
        options.progress?.(++done, contexts.length * blocks.length);
      }
    }
  } finally {
    for (const stepper of steppers.values()) await stepper.close();
    await rm(folder, { recursive: true, force: true });
  }
  const named = rows.map(({ layout, ...row }) => ({ layout: layout.label, ...row }));
  return { shape, threads, cores: availableParallelism(), turns, rows: named };
}

/** The times of a turn, without the first. */
async function measure(act: () => Promise<void> | void, times: number): Promise<number[]> {
  await act();
  const counted: number[] = [];
  for (let i = 0; i < times; i++) {
    const began = performance.now();
    await act();
    counted.push(performance.now() - began);
  }
  return counted;
}

function shapeOf(layers: number, width: number, context: number): Shape {
  const heads = width / 64;
  return {
    width,
    layers,
    heads,
    groups: heads / 2,
    headSize: 64,
    inner: 2 * width,
    vocabulary: 512,
    context,
    tied: true,
  };
}

function checkSizes(contexts: readonly number[], blocks: readonly number[], width: number): void {
  if (width % 128 !== 0)
    throw new RangeError(`The width is ${width}; expected a multiple of 128: heads of 64, two per cache head.`);
  const [shortest, longest] = [Math.min(...contexts), Math.max(...blocks)];
  // Blocks that end at a multiple of 256 are then within one region, including the token before them.
  if (longest >= shortest || longest > 255)
    throw new RangeError(
      `The longest block has ${longest} tokens; expected at most 255, and fewer than the shortest context (${shortest}).`,
    );
}

/**
 * What every layout needs in each layer: the scores of the block against all rows, their softmax and the weighted mean
 * of the values.
 */
async function writeFloor(dir: string, { layers, groups, headSize }: Shape, file: string): Promise<void> {
  const graph = graphBuilder("floor");
  graph.input("query", "float32", [groups, 1, "queries", headSize]);
  for (let n = 0; n < layers; n++) {
    graph.input(`key.${n}`, "float32", ["rows", groups, 1, headSize]);
    graph.input(`value.${n}`, "float32", ["rows", groups, headSize / 16, 16]);
    graph.node(
      "FusedMatMul",
      ["query", `key.${n}`],
      [`scores.${n}`],
      { transB: 1, transBatchB: 1, alpha: { float: 0.125 } },
      true,
    );
    graph.node("Softmax", [`scores.${n}`], [`weights.${n}`], { axis: 3 });
    graph.node("FusedMatMul", [`weights.${n}`, `value.${n}`], [`mixed.${n}`], { transBatchB: 1 }, true);
    graph.output(`mixed.${n}`, "float32", [groups, headSize / 16, "queries", 16]);
  }
  await writeFile(join(dir, file), Buffer.concat([...graph.finish()]));
}

async function floorStepper(
  dir: string,
  { layers, heads, groups, headSize }: Shape,
  file: string,
  threads: number,
): Promise<Stepper> {
  const session = await openSession(join(dir, file), threads);
  const tensor = (...sizes: number[]) =>
    new runtime.Tensor("float32", new Float32Array(sizes.reduce((a, b) => a * b)).fill(0.5), sizes);
  let held = 0;
  let feeds: Record<string, runtime.Tensor> = {};
  return {
    async fill(length) {
      held = length;
      feeds = {};
    },
    async step(block) {
      if (feeds["query"] === undefined) {
        feeds["query"] = tensor(groups, 1, (heads / groups) * Math.max(2, block), headSize);
        for (let n = 0; n < layers; n++) {
          feeds[`key.${n}`] = tensor(held + block, groups, 1, headSize);
          feeds[`value.${n}`] = tensor(held + block, groups, headSize / 16, 16);
        }
      }
      await session.run(feeds);
    },
    close: () => session.release(),
  };
}

function openSession(file: string, threads: number): Promise<runtime.InferenceSession> {
  runtime.env.logLevel = "fatal";
  const extra = { session: { intra_op: { spin_duration_us: "500" } } };
  return runtime.InferenceSession.create(file, { intraOpNumThreads: threads, extra });
}

/** The loop of programs that pass one run's present.* as past_key_values.* of the next. */
function rawStepper(dir: string, shape: Shape, file: string, threads: number): Promise<Stepper> {
  return loopStepper(dir, shape, file, threads, false);
}

/** The loop of programs that give GroupQueryAttention the same memory for past and present. */
function aliasedStepper(dir: string, shape: Shape, file: string, threads: number): Promise<Stepper> {
  return loopStepper(dir, shape, file, threads, true);
}

async function loopStepper(
  dir: string,
  shape: Shape,
  file: string,
  threads: number,
  aliased: boolean,
): Promise<Stepper> {
  const session = await openSession(join(dir, file), threads);
  const names = session.inputNames.filter((name) => name.startsWith("past_key_values."));
  const int64 = (values: readonly number[], sizes: readonly number[]) =>
    new runtime.Tensor("int64", BigInt64Array.from(values, BigInt), sizes);
  const tokens = tokensOf(shape.context, 1, shape.vocabulary);
  let held = 0;
  let past: Record<string, runtime.Tensor> = {};
  return {
    async fill(length) {
      held = length;
      past = {};
    },
    async step(block) {
      const ids = tokens.slice(held, held + Math.max(2, block));
      const total = held + ids.length;
      for (const name of names) {
        const sizes = [1, shape.groups, aliased ? room(total) : held, shape.headSize];
        past[name] ??= new runtime.Tensor("float32", new Float32Array(sizes.reduce((a, b) => a * b)), sizes);
      }
      const feeds: Record<string, runtime.Tensor> = {
        ...past,
        input_ids: int64(ids, [1, ids.length]),
        attention_mask: int64(new Array<number>(total).fill(1), [1, total]),
      };
      if (session.inputNames.includes("num_logits_to_keep")) feeds["num_logits_to_keep"] = int64([0], []);
      if (session.inputNames.includes("position_ids"))
        feeds["position_ids"] = int64(
          ids.map((_, i) => held + i),
          [1, ids.length],
        );
      const fetches = Object.fromEntries(
        names.map((name) => [name.replace("past_key_values", "present"), aliased ? (past[name] ?? null) : null]),
      );
      await session.run(feeds, { logits: null, ...fetches });
    },
    close: () => session.release(),
  };
}

/** The report as a Markdown table. */
export function cacheTable({ rows }: CacheReport): string {
  const time = (milliseconds: number) => `${milliseconds.toFixed(milliseconds < 10 ? 2 : 1)} ms`;
  const bytes = (count: number) => (count < 1e6 ? `${(count / 1e3).toFixed(0)} kB` : `${(count / 1e6).toFixed(1)} MB`);
  const contexts = rows[0]?.cells.map(({ context }) => `context ${context}`) ?? [];
  const body = rows.map(({ layout, block, cells }) => [
    layout,
    `${block}`,
    ...cells.map(
      ({ milliseconds, ratio, calculatedCopies }) =>
        `${time(milliseconds)} (${ratio.toFixed(1)}×, ${bytes(calculatedCopies)})`,
    ),
  ]);
  const legend =
    "In brackets: the ratio to the shortest context, and the bytes of keys and values that a step copies (calculated, not measured).";
  return `${markdownTable(["layout", "tokens", ...contexts], body)}\n\n${legend}`;
}

/** Functions for the WebGPU tests, which run in a page on both providers. They return plain data. */
import {
  type Drafter,
  decode,
  logitsEvidence,
  type Reading,
  sampling,
  type Token,
} from "../../packages/core/src/index.ts";
import { plainReadings } from "../../packages/core/src/testing/index.ts";
import { differenceOf } from "../../packages/onnx/src/checks/compare-devices.ts";
import { graphBuilder } from "../../packages/onnx/src/onnx-file/graph-builder.ts";
import { smallSession } from "../../packages/onnx/src/open/small-session.ts";
import type { DeviceReport } from "../../packages/onnx/src/protocol/devices.ts";
import { scriptedScores } from "../../packages/onnx/src/testing/scripted-scores.ts";
import {
  fetchedFiles,
  loadModel,
  type OnnxModel,
  onnxDrafter,
  type Runtime,
  type WebLoadOptions,
} from "../../packages/onnx/src/web/index.ts";

const address = new URL("./ort/ort.webgpu.min.mjs", import.meta.url).href;
const ort = (await import(address)) as Runtime;
ort.env.wasm.numThreads = 1;

// A session that stays open preserves what the adapter has compiled, for the others.
const graph = graphBuilder("open");
graph.input("in", "float32", [1]);
graph.output("out", "float32", [1]);
graph.node("Neg", ["in"], ["out"]);
await smallSession(ort, graph, { executionProviders: ["webgpu"] }).catch(() => {});

type Session = Awaited<ReturnType<Runtime["InferenceSession"]["create"]>>;
type Tensor = Awaited<ReturnType<Session["run"]>>[string];

/** The cache tensors that went into and came out of runs on WebGPU. */
const caches: { readonly name: string; readonly tensor: Tensor; readonly location: string }[] = [];

/** The runtime, which also records the caches. */
const watched: Runtime = {
  ...ort,
  InferenceSession: {
    async create(...args: Parameters<Runtime["InferenceSession"]["create"]>) {
      const session = await ort.InferenceSession.create(...args);
      if (args[1]?.executionProviders?.[0] !== "webgpu") return session;
      const run = session.run.bind(session) as (...args: readonly unknown[]) => ReturnType<Session["run"]>;
      const record = (tensors: Readonly<Record<string, Tensor>>) => {
        for (const [name, tensor] of Object.entries(tensors)) {
          // Tensors without rows have no data and thus no location.
          if (/^(past_key_values|present)\./.test(name) && tensor.dims[2] !== 0)
            caches.push({ name, tensor, location: tensor.location });
        }
      };
      session.run = async (feeds: Record<string, Tensor>, ...rest: readonly unknown[]) => {
        record(feeds);
        const results = await run(feeds, ...rest);
        record(results);
        return results;
      };
      return session;
    },
  } as unknown as Runtime["InferenceSession"],
};

const load = (folder: string, provider: WebLoadOptions["provider"]) =>
  loadModel(fetchedFiles(folder, { paths: ["config.json", "onnx/model.onnx"] }), {
    ort: watched,
    provider,
    drafter: false,
    name: folder,
  });

/** Deterministic tokens from a vocabulary of 50. */
const tokensOf = (length: number, seed = 1): Token[] =>
  Array.from({ length }, (_, i) => 1 + ((i * i * seed + i * 7919) % 49));

const scores = (model: OnnxModel) => scriptedScores(model, tokensOf(60), tokensOf(60, 2), "pre-norm");

/** A greedy answer to a prompt of 20 tokens. */
async function answer(target: OnnxModel, drafter?: Drafter): Promise<Token[]> {
  const tokens: Token[] = [];
  for await (const event of decode(tokensOf(20), {
    target,
    drafter,
    draftTokens: drafter === undefined ? 0 : 4,
    maxTokens: 16,
  })) {
    if (event.type === "round") tokens.push(...event.tokens.map(({ token }) => token));
  }
  return tokens;
}

/** The results of a model on both providers. */
export interface Compared {
  /** WebAssembly, then WebGPU. */
  readonly devices: readonly DeviceReport[];
  /** The largest difference of their scores, as a share of the range of the scores. */
  readonly difference: number;
  readonly answers: readonly (readonly Token[])[];
  /** Bytes of kept prefixes, and the number of tokens that a new session reused. */
  readonly kept: number;
  readonly reused: number;
  /** Locations of caches, such as "present gpu-buffer". */
  readonly locations: readonly string[];
  /** The number of cache tensors that were not freed when the model was closed. */
  readonly leaked: number;
}

/** Compares a model's answers and scores on both providers, and finds the locations of its caches. */
export async function compared(folder: string): Promise<Compared> {
  const [wasm, webgpu] = [await load(folder, "wasm"), await load(folder, "webgpu")];
  caches.length = 0;
  const [expected, found] = [await scores(wasm), await scores(webgpu)];
  const answers = [await answer(wasm), await answer(webgpu)];
  const kept = webgpu.engines[0]?.state === "ready" ? webgpu.engines[0].keptBytes : 0;
  const again = await webgpu.open({ prompt: tokensOf(20) });
  const reused = again.length;
  await Promise.all([wasm.close(), webgpu.close()]);
  return {
    devices: [wasm.device, webgpu.device],
    difference: differenceOf(found, expected),
    answers,
    kept,
    reused,
    locations: [...new Set(caches.map(({ name, location }) => `${name.split(".")[0]} ${location}`))].sort(),
    leaked: caches.filter(({ tensor }) => tensor.location !== "none").length,
  };
}

/** Answers of a target without and with a draft model, both generated at the same time. */
export async function paired(folder: string, draftFolder: string): Promise<readonly (readonly Token[])[]> {
  const [target, draft] = await Promise.all([load(folder, "webgpu"), load(draftFolder, "webgpu")]);
  const answers = await Promise.all([answer(target), answer(target, onnxDrafter(draft))]);
  await Promise.all([target.close(), draft.close()]);
  return answers;
}

/**
 * Computes the numbers of a drafted block on WebGPU. Returns their largest difference from the plain arithmetic on the
 * rows, and the difference of a fetched row from the one that was sent.
 */
export async function numbers(folder: string, length: number): Promise<readonly [number, number]> {
  const model = await load(folder, "webgpu");
  const kinds = ["raw", "processed"] as const;
  const whats = ["probability", "draft-probability", "confidence", "entropy", "kl", "reverse-kl", "js", "tv"] as const;
  const readings = new Set<Reading>([
    "argmax",
    ...kinds.flatMap((kind) => whats.map((what): Reading => `${kind} ${what}`)),
  ]);
  const block = tokensOf(length);
  const [sending, scoring] = [await model.open(), await model.open()];
  const { logits } = await sending.append(block);
  const settings = sampling({ temperature: 0.7 });
  const target = logitsEvidence(logits, model.vocabulary, settings);
  const drafted = logits.slice(model.vocabulary);
  const expected = plainReadings(readings, target, block.slice(1), logitsEvidence(drafted, model.vocabulary, settings));
  const scored = await scoring.score?.(block, { readings, temperature: 0.7, drafterLogits: drafted });
  let worst = 0;
  for (const reading of readings) {
    const tested = / (probability|draft-probability|kl|reverse-kl|js|tv)$/.test(reading) ? length - 1 : length;
    for (let at = 0; at < tested; at++)
      worst = Math.max(
        worst,
        Math.abs((scored?.readings[reading]?.[at] ?? Number.NaN) - (expected[reading]?.[at] as number)),
      );
  }
  const row = (await scored?.row?.(length - 1)) ?? new Float32Array(0);
  await model.close();
  return [worst, differenceOf([{ logits: row }], [{ logits: target.logits(length - 1) }])];
}

/** The device that `auto` chooses for a model. */
export async function automatic(folder: string): Promise<DeviceReport> {
  const model = await load(folder, "auto");
  await model.close();
  return model.device;
}

/** The error message of a model that cannot run on WebGPU; empty if it can. */
export async function refused(folder: string): Promise<string> {
  const model = await load(folder, "webgpu").catch((error: Error) => error);
  if (model instanceof Error) return model.message;
  await model.close();
  return "";
}

Object.assign(globalThis, { compared, paired, numbers, automatic, refused });

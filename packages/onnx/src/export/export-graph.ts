/** The common part of exporting models and drafters: options, sources of weights, and writing files. */
import { rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { LenityError, type Token } from "@lenity/core";
import { folderPath } from "../folder/disk-files.ts";
import { type GraphBuilder, graphBuilder } from "../onnx-file/graph-builder.ts";
import { canSplit } from "./attention-split.ts";
import { calibrate, calibrationGraph } from "./calibration.ts";
import { type DecoderConfig, readDecoderConfig } from "./decoder-config.ts";
import { type AttentionForm, attentionForms } from "./decoder-graph.ts";
import { type DecoderWeights, floatWeights } from "./decoder-weights.ts";
import { type Activations, activationKinds, inputRange } from "./int8-recipe.ts";
import { int8Weights } from "./int8-weights.ts";
import { partOf, removeStaleParts } from "./parts.ts";
import { openTensors, type TensorFolder } from "./tensor-folder.ts";
import { writeModel } from "./write-model.ts";

/** How weights can be stored. */
export const weightKinds = ["float16", "float32", "int8"] as const;

/** How a model is exported. */
export interface ExportOptions {
  /**
   * How the weights are stored. Default: float16, which is half the size of float32; both compute in float32. int8 also
   * multiplies in int8.
   */
  readonly weights?: (typeof weightKinds)[number] | undefined;
  /** How the inputs of int8 matrices are quantised. Default: mix. */
  readonly activations?: Activations | undefined;
  /**
   * Token sequences typical of the model's use, a few thousand tokens. mix and static derive their scales from them.
   */
  readonly calibration?: readonly (readonly Token[])[] | undefined;
  /**
   * gqa: one com.microsoft.GroupQueryAttention per layer, as other programs export and run it; each step copies the
   * whole cache. split: plain nodes that read the cache in place, for this package and programs that manage the caches
   * themselves. Default: gqa up to a context of 1024 tokens (max_position_embeddings); split beyond that if the head
   * size allows it.
   */
  readonly attention?: AttentionForm | undefined;
  /**
   * The path of the model file to write, relative to the folder. Default: onnx/model.onnx, and onnx/model_int8.onnx for
   * int8.
   */
  readonly file?: string | undefined;
  /**
   * The maximum bytes of tensors inside the .onnx file, which cannot exceed 2 GB. Beyond that they go to a file beside
   * it (`model.onnx_data`). Default: 1.5e9.
   */
  readonly inlineBytes?: number | undefined;
  readonly progress?: ((progress: ExportProgress) => void) | undefined;
  /** Cancels the export at the next tensor or sequence. No files are left behind. */
  readonly signal?: AbortSignal | undefined;
}

/** Progress of an export: bytes of tensors written, or calibration sequences read. */
export interface ExportProgress {
  readonly stage: "preparing calibration" | "calibrating" | "writing";
  readonly done: number;
  readonly all: number;
}

/** The default path of an exported model, relative to its folder, where `loadModel` finds it. */
export function exportedFile(weights: ExportOptions["weights"]): string {
  return join("onnx", weights === "int8" ? "model_int8.onnx" : "model.onnx");
}

/** The requested form, or the one that suits the context length. */
export function attentionForm(config: DecoderConfig, { attention }: ExportOptions): AttentionForm {
  return attention ?? (config.context > 1024 && canSplit(config) ? "split" : "gqa");
}

/** A graph to make from a folder's weights. */
export interface GraphPlan {
  /** The path to write to, given that of the folder's model file. */
  fileOf(modelFile: string): string;
  /** The name stored in the file. */
  titleOf(config: DecoderConfig): string;
  /** Writes the nodes. `weightsIn` makes the weights for a graph or an inner graph. */
  build(graph: GraphBuilder, config: DecoderConfig, weightsIn: (graph: GraphBuilder) => DecoderWeights): void;
}

/** Writes the planned graph and returns the path of the file. Rejects as `exportDecoder` does. */
export async function exportGraph(folder: string | URL, options: ExportOptions, plan: GraphPlan): Promise<string> {
  checkOptions(options);
  const { weights = "float16", activations = "mix" } = options;
  const dir = await folderPath(folder);
  const config = await readDecoderConfig(dir);
  const tensors = await openTensors(dir);
  try {
    const source = { config, tensors, file: plan.fileOf(join(dir, options.file ?? exportedFile(weights))), options };
    await removeStaleParts(source.file);
    const seen = weights === "int8" && activations !== "per-row" ? await calibrated(source) : new Map<string, number>();
    const weightsIn = (graph: GraphBuilder) =>
      weights === "int8"
        ? int8Weights(graph, tensors, config, inputRange(activations, seen))
        : floatWeights(graph, tensors, config, weights);
    await write(source, plan.titleOf(config), "writing", (graph) => {
      plan.build(graph, config, weightsIn);
      refuseUnused(dir, config, tensors);
    });
    return source.file;
  } finally {
    tensors.close();
  }
}

interface Source {
  readonly config: DecoderConfig;
  readonly tensors: TensorFolder;
  readonly file: string;
  readonly options: ExportOptions;
}

function checkOptions({
  weights = "float16",
  attention,
  activations,
  calibration,
  inlineBytes = 0,
}: ExportOptions): void {
  const oneOf = (name: string, value: string, known: readonly string[]) => {
    if (!known.includes(value)) throw new RangeError(`${name} is ${value}; expected one of ${known.join(", ")}.`);
  };
  oneOf("weights", weights, weightKinds);
  if (attention !== undefined) oneOf("attention", attention, attentionForms);
  if (activations !== undefined) oneOf("activations", activations, activationKinds);
  if (activations !== undefined && weights !== "int8") {
    throw new TypeError(`activations (${activations}) were given with weights ${weights}; they apply only to int8.`);
  }
  if (!(inlineBytes >= 0 && inlineBytes < 2 ** 31))
    throw new RangeError(`inlineBytes is ${inlineBytes}; expected 0 to 2 ** 31 - 1.`);
  if (weights === "int8" && activations !== "per-row" && !calibration?.some(({ length }) => length > 0)) {
    throw new LenityError(
      "invalid_request",
      'int8 weights with static scales need calibration: token sequences of the kind that the model will see. Give some thousand tokens, or export with activations "per-row", which need none.',
    );
  }
}

/** Writes the graph that `build` makes, with its tensors inside or beside the file, depending on their size. */
async function write(
  { file, options }: Pick<Source, "file" | "options">,
  title: string,
  stage: ExportProgress["stage"],
  build: (graph: GraphBuilder) => void,
): Promise<void> {
  const { inlineBytes = 1.5e9, progress, signal } = options;
  let graph = graphBuilder(title);
  build(graph);
  const dataFile = graph.tensorBytes > inlineBytes ? `${basename(file)}_data` : undefined;
  // Builds once to learn the size. This is cheap, since tensors are read only when written.
  if (dataFile !== undefined) build((graph = graphBuilder(title, dataFile)));
  const all = graph.tensorBytes;
  let done = 0;
  const wrote = (bytes: number) => progress?.({ stage, done: Math.min((done += bytes), all), all });
  await writeModel(file, graph, { dataFile, wrote, signal });
}

/** The largest magnitudes of all matrices' inputs over the calibration sequences. */
async function calibrated(source: Source): Promise<ReadonlyMap<string, number>> {
  const { config, tensors, options } = source;
  const { calibration = [], progress, signal } = options;
  const file = partOf(source.file, "calibration.part");
  let outputs: ReadonlyMap<string, string> = new Map();
  try {
    await write({ ...source, file }, "calibration", "preparing calibration", (graph) => {
      outputs = calibrationGraph(graph, config, tensors);
    });
    return await calibrate(file, outputs, config, calibration, {
      progress: (done, all) => progress?.({ stage: "calibrating", done, all }),
      signal,
    });
  } finally {
    for (const path of [file, `${file}_data`]) await rm(path, { force: true });
  }
}

/** Tensors that the graph does not use mean an architecture that config.json does not describe. */
function refuseUnused(dir: string, { family, tied }: DecoderConfig, tensors: TensorFolder): void {
  const stray = tensors
    .unused()
    .filter((name) => !(tied && name === "lm_head.weight") && !name.endsWith(".rotary_emb.inv_freq"));
  if (stray.length === 0) return;
  throw new LenityError(
    "model_files",
    `${dir} has ${stray.length === 1 ? "the tensor" : `${stray.length} tensors such as`} ${stray[0]}, which a plain ${family} decoder does not have. exportDecoder would leave it out; export this model with Optimum or onnxruntime-genai.`,
  );
}

/** The common part of exporting models and drafters: options, sources of weights, and writing files. */
import { rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { LenityError } from "@lenity/core";
import { folderPath } from "../folder/disk-files.ts";
import { type GraphBuilder, graphBuilder } from "../onnx-file/graph-builder.ts";
import { type CacheScales, cacheScales } from "./cache-scales.ts";
import { cacheCalibrationGraph, calibrate, calibrationGraph } from "./calibration.ts";
import { type DecoderConfig, readDecoderConfig } from "./decoder-config.ts";
import { type DecoderWeights, floatWeights } from "./decoder-weights.ts";
import { checkOptions, type ExportOptions, type ExportProgress, exportedFile, isEmpty } from "./export-options.ts";
import { type InputStatistic, inputProducts, largerOfColumns, largestMagnitude } from "./input-statistics.ts";
import { int4Recipe } from "./int4-recipe.ts";
import { int4Weights } from "./int4-weights.ts";
import { inputRange } from "./int8-recipe.ts";
import { int8Weights } from "./int8-weights.ts";
import { partOf, removeStaleParts } from "./parts.ts";
import { openTensors, type TensorFolder } from "./tensor-folder.ts";
import { writeModel } from "./write-model.ts";

/** A graph to make from a folder's weights. */
export interface GraphPlan {
  /** The path to write to, given that of the folder's model file. */
  fileOf(modelFile: string): string;
  /** The name stored in the file. */
  titleOf(config: DecoderConfig): string;
  /**
   * Writes the nodes. `weightsIn` makes the weights for a graph or an inner graph; `scalesOf` has the scales of each
   * layer's cache if it is int8.
   */
  build(
    graph: GraphBuilder,
    config: DecoderConfig,
    weightsIn: (graph: GraphBuilder) => DecoderWeights,
    scalesOf: ((layer: number) => CacheScales) | undefined,
  ): void;
}

/** Writes the planned graph and returns the path of the file. Rejects as `exportDecoder` does. */
export async function exportGraph(folder: string | URL, options: ExportOptions, plan: GraphPlan): Promise<string> {
  checkOptions(options);
  const dir = await folderPath(folder);
  const config = await readDecoderConfig(dir);
  const tensors = await openTensors(dir);
  try {
    const source = {
      config,
      tensors,
      file: plan.fileOf(join(dir, options.file ?? exportedFile(options.weights))),
      options,
    };
    await removeStaleParts(source.file);
    const weightsIn = await weightMaker(source);
    const scalesOf = options.cacheType === "int8" ? await scaleMaker(source) : undefined;
    await write(source, plan.titleOf(config), "writing", (graph) => {
      plan.build(graph, config, weightsIn, scalesOf);
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

/** Makes the weights in the requested form, for a graph or an inner graph. Calibrates first if the form needs it. */
async function weightMaker(source: Source): Promise<(graph: GraphBuilder) => DecoderWeights> {
  const { config, tensors, options } = source;
  const { weights = "float16", activations = "mix", calibration } = options;
  /** A statistic of all matrices' inputs. */
  const inputs = <Value>(statistic: InputStatistic<Value>) =>
    calibrated(source, statistic, (graph) => calibrationGraph(graph, config, tensors, statistic));
  if (weights === "int8") {
    const seen = activations === "per-row" ? new Map() : await inputs(largestMagnitude);
    return (graph) => int8Weights(graph, tensors, config, inputRange(activations, seen));
  }
  if (weights === "int4") {
    const recipe = int4Recipe(options.int4);
    const seen = isEmpty(calibration) ? new Map() : await inputs(inputProducts);
    return (graph) => int4Weights(graph, tensors, config, recipe, (matrix) => seen.get(matrix));
  }
  return (graph) => floatWeights(graph, tensors, config, weights);
}

/** The scales of each layer's cache, from the calibration. */
async function scaleMaker(source: Source): Promise<(layer: number) => CacheScales> {
  const { config, tensors } = source;
  const graphOf = (graph: GraphBuilder) => cacheCalibrationGraph(graph, config, tensors);
  const seen = await calibrated(source, { add: largerOfColumns }, graphOf);
  return (layer) => cacheScales(config, seen, layer);
}

/** Writes the graph that `build` makes, with its tensors inside or beside the file, depending on their size. */
async function write(
  { file, options }: Pick<Source, "file" | "options">,
  title: string,
  stage: ExportProgress["stage"],
  build: (graph: GraphBuilder) => void,
): Promise<void> {
  const { inlineBytes = 6.4e7, progress, signal } = options;
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

/** A statistic over the calibration sequences, of the outputs that `graphOf` writes and returns. */
async function calibrated<Value>(
  source: Source,
  statistic: Pick<InputStatistic<Value>, "add">,
  graphOf: (graph: GraphBuilder) => ReadonlyMap<string, string>,
): Promise<ReadonlyMap<string, Value>> {
  const { config, options } = source;
  const { calibration = [], progress, signal } = options;
  const file = partOf(source.file, "calibration.part");
  let outputs: ReadonlyMap<string, string> = new Map();
  try {
    await write({ ...source, file }, "calibration", "preparing calibration", (graph) => {
      outputs = graphOf(graph);
    });
    return await calibrate(file, outputs, config, calibration, {
      statistic,
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

import { type HiddenKind, LenityError } from "@lenity/core";
import { layerOf } from "@lenity/core/internal";
import type { InferenceSession } from "onnxruntime-node";
import { findFamily } from "../graph/cache-family.ts";
import type { CacheShape } from "../graph/cache-shape.ts";
import { cacheTensors } from "../graph/cache-tensors.ts";
import type { Graph, Runtime } from "../graph/graph.ts";
import type { Port } from "../graph/port.ts";
import { checkPorts, type GraphPorts } from "../graph/ports.ts";
import { multipliesPairs } from "../graph/row-tiles.ts";
import { slidingRemedy, slidingWindow } from "../graph/sliding-window.ts";
import type { OnnxScan } from "../onnx-file/scan.ts";
import { weightFormats } from "../onnx-file/weight-formats.ts";
import type { FileFacts, LoadRequest } from "../protocol/protocol.ts";
import { tryTaps } from "../taps/try-taps.ts";
import { findSizes } from "./cache-sizes.ts";
import { scoresLastOnly } from "./last-only.ts";
import type { Opened } from "./open-extended.ts";

/**
 * Checks the inputs and outputs of an opened file and tests them. Throws `model_files` with the problem and the remedy.
 * `writesInPlace`: whether the runtime writes outputs into tensors passed to a run; the family in-place needs that.
 */
export async function probeGraph(
  runtime: Runtime,
  scan: OnnxScan,
  { session, added, missing, layers }: Opened,
  request: Pick<LoadRequest, "file" | "width" | "contextLength" | "sizes" | "hidden">,
  writesInPlace = true,
): Promise<{
  readonly graph: Omit<Graph, "openBeside">;
  readonly facts: Pick<FileFacts, "added" | "addedInputs" | "missing" | "hiddenLayers" | "weights">;
}> {
  const { file, width } = request;
  const inputs = session.inputMetadata.map(toPort);
  const outputs = session.outputMetadata.map(toPort);
  const { hidden: states, ...ports } = checkPorts(file, inputs, outputs, width);
  const leastRows = slidingWindow(scan);
  const opened = { runtime, session, inputs, outputs, ...ports, ...(leastRows === undefined ? {} : { leastRows }) };
  const untried = {
    ...opened,
    ...(await findSizes(opened, ports, request.sizes ?? { groups: [], headSizes: [] }, scan)),
  };
  const family = await findFamily(untried);
  const tried = await tryTaps({ ...untried, family }, withLastLayer(states, ports.layers, request.hidden), request);
  const { newRows, hidden } = tried;
  // If the new rows cannot be fetched, the cache is written in place, or else returned whole, as by a graph that joins
  // past and block.
  const settled =
    (family === "new-rows" && !newRows) || family === "in-place" ? (writesInPlace ? "in-place" : "concat") : family;
  if (settled === "concat" && leastRows !== undefined) {
    throw new LenityError(
      "model_files",
      `${file} has sliding caches (sliding_window_cache), which are not supported here. ${slidingRemedy}`,
    );
  }
  const lastOnly = await scoresLastOnly({ ...untried, newRows, family: settled }, request);
  const shapes: Record<string, Port["shape"]> = newRows ? { present_rows: rowsShape(untried) } : {};
  for (const { output, width } of Object.values(hidden)) shapes[output] = [1, "length", width];
  // Added outputs that proved useful get the shape seen in the run: ONNX Runtime infers only some sizes.
  const offered = outputs.flatMap((port) => {
    if (!added.includes(port.name)) return [port];
    const shape = shapes[port.name];
    return shape === undefined ? [] : [{ ...port, shape }];
  });
  return {
    graph: { ...untried, outputs: offered, newRows, family: settled, hidden, lastOnly, inPairs: multipliesPairs(scan) },
    facts: {
      added: added.filter((name) => name in shapes),
      addedInputs: inputs.map(({ name }) => name).filter((name) => !scan.inputs.includes(name)),
      missing: [...missing, ...tried.missing],
      hiddenLayers: layers,
      weights: weightFormats(scan),
    },
  };
}

/** The outputs, also under the names of the last layer's states if these are asked for. */
function withLastLayer(
  states: GraphPorts["hidden"],
  layers: number,
  asked: readonly HiddenKind[] = [],
): GraphPorts["hidden"] {
  const { "pre-norm": pre, "post-norm": post } = states;
  if (!asked.some((kind) => layerOf(kind) === layers)) return states;
  return {
    ...states,
    ...(pre === undefined ? {} : { [`layer-${layers}`]: pre }),
    ...(post === undefined ? {} : { [`layer-${layers}-norm`]: post }),
  };
}

/** The declared shape of `present_rows`. */
function rowsShape(cache: CacheShape): Port["shape"] {
  const open = -1;
  return cacheTensors(cache)
    .rowsShape(open)
    .map((size) => (size === open ? "length" : size));
}

/** The browser runtime's value for an unknown size; Node's is "". */
const unknown = 2 ** 32 - 1;

/** Converts a session's description of an input or output. */
export function toPort(value: InferenceSession.ValueMetadata): Port {
  return value.isTensor
    ? { name: value.name, type: value.type, shape: value.shape.map((size) => (size === unknown ? "" : size)) }
    : { name: value.name, type: "not a tensor", shape: [] };
}

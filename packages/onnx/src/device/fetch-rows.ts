import type { InferenceSession, Tensor } from "onnxruntime-node";
import type { Precision } from "../graph/float-tensors.ts";
import type { FetchRows, Runtime } from "../graph/graph.ts";
import { type GraphBuilder, graphBuilder } from "../onnx-file/graph-builder.ts";

/**
 * Reads rows with a graph of one Slice, since onnxruntime-node has no other way to read a tensor on a device. `open`
 * opens the graph there.
 */
export function fetchRows({ Tensor }: Runtime, open: (graph: GraphBuilder) => Promise<InferenceSession>): FetchRows {
  const sessions = new Map<string, Promise<InferenceSession>>();
  const int64 = (value: number) => new Tensor("int64", BigInt64Array.of(BigInt(value)), [1]);
  return async (values, first, end) => {
    let session = sessions.get(values.type);
    if (session === undefined) sessions.set(values.type, (session = open(sliceGraph(values.type as Precision))));
    const { rows } = await (await session).run({ values, first: int64(first), end: int64(end) });
    return rows as Tensor;
  };
}

function sliceGraph(precision: Precision): GraphBuilder {
  const graph = graphBuilder("fetch");
  graph.input("values", precision, [1, "length", "width"]);
  graph.input("first", "int64", [1]);
  graph.input("end", "int64", [1]);
  graph.output("rows", precision, [1, "rows", "width"]);
  graph.node("Slice", ["values", "first", "end", graph.integers("axis", [1], [1])], ["rows"]);
  return graph;
}

import type { InferenceSession, Tensor } from "onnxruntime-node";

/** The inputs of one run of a model, as plain data. */
export interface CapturedRun {
  /** The path of the model's file, or a name of its graph in memory. */
  readonly graph: string;
  /** The folder of the file, or of the weights that the graph refers to. */
  readonly folder: string;
  readonly options: InferenceSession.SessionOptions;
  /** The outputs that were asked for. */
  readonly outputs: readonly string[];
  readonly feeds: readonly {
    readonly name: string;
    readonly type: Tensor.Type;
    readonly dims: readonly number[];
    readonly data: Tensor.DataType;
  }[];
}

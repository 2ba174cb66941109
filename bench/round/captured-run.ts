import type { InferenceSession, Tensor } from "onnxruntime-node";

/** The inputs of one run of a model file, as plain data. */
export interface CapturedRun {
  readonly file: string;
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

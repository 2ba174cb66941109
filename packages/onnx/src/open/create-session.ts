import type { InferenceSession } from "onnxruntime-node";
import type { Runtime } from "../graph/graph.ts";
import { graphBuilder } from "../onnx-file/graph-builder.ts";

/**
 * Opens a model, and turns on exact int8 arithmetic where it is not the default: on x64 processors without VNNI, the
 * uint8 × int8 kernel adds pairs of products in 16 bits, which can overflow. Files that cannot be loaded in exact mode
 * (it needs a separate zero point for each weight) are loaded in the ordinary mode.
 */
export async function createSession(
  runtime: Runtime,
  file: string | Uint8Array,
  options: InferenceSession.SessionOptions,
  overflows: (runtime: Runtime) => Promise<boolean> = int8Overflows,
): Promise<InferenceSession> {
  const create = (options: InferenceSession.SessionOptions) =>
    // Both branches are the same: the declarations have a separate signature for each kind of file.
    typeof file === "string"
      ? runtime.InferenceSession.create(file, options)
      : runtime.InferenceSession.create(file, options);
  if (!(await overflows(runtime))) return create(options);
  const { session, ...rest } = options.extra ?? {};
  const exact = {
    ...options,
    extra: { ...rest, session: { ...(session as object | undefined), x64quantprecision: "1" } },
  };
  return create(exact).catch(() => create(options));
}

/** Tests a small product, since no runtime reports which kernels it uses. */
export async function int8Overflows({ InferenceSession, Tensor }: Runtime): Promise<boolean> {
  if (process.arch !== "x64") return false;
  const size = 64;
  const graph = graphBuilder("overflow");
  graph.input("input", "uint8", [2, size]);
  graph.output("output", "float32", [2, size]);
  graph.bytes("weight", new Uint8Array(size * size).fill(127), [size, size], "int8");
  graph.weights("scale", Float32Array.of(1), [], "float32");
  graph.node("MatMulIntegerToFloat", ["input", "weight", "scale", "scale"], ["output"], {}, true);
  const session = await InferenceSession.create(Buffer.concat([...graph.finish()]), {
    executionProviders: ["cpu"],
    intraOpNumThreads: 1,
  });
  try {
    const { output } = await session.run({ input: new Tensor("uint8", new Uint8Array(2 * size).fill(255), [2, size]) });
    return output?.data[0] !== size * 255 * 127;
  } finally {
    await session.release();
  }
}

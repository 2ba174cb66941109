/** What the tests of WebGPU run in a page: models on both providers, and what their sessions leave on the device. Nothing but plain data comes back. */
import { decode, type Token } from "../../packages/core/src/index.ts";
import { fetchedFiles, loadModel, type OnnxModel, type Runtime, type WebLoadOptions } from "../../packages/onnx/src/web/index.ts";

type Tensor = Awaited<ReturnType<Awaited<ReturnType<Runtime["InferenceSession"]["create"]>>["run"]>>[string];

const address = new URL("./ort/ort.webgpu.min.mjs", import.meta.url).href;
const ort = (await import(address)) as Runtime;
ort.env.wasm.numThreads = 1;

export { ort, loadModel, fetchedFiles, decode };
Object.assign(globalThis, { ort, loadModel, fetchedFiles, decode });

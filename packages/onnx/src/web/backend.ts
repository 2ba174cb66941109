import { type HiddenKind, LenityError } from "@lenity/core";
import type { InferenceSession } from "onnxruntime-node";
import { raceBlocks, runSteps, toleranceOf } from "../checks/compare-devices.ts";
import { type ChosenDevice, chooseDevice } from "../device/choose-device.ts";
import { openOnDevice } from "../device/open-on-device.ts";
import type { ModelFiles } from "../folder/model-files.ts";
import { readBytes } from "../folder/read-files.ts";
import type { Runtime } from "../graph/graph.ts";
import { externalFault, externalFiles } from "../onnx-file/external-files.ts";
import { reason } from "../onnx-file/first-line.ts";
import type { GraphBuilder } from "../onnx-file/graph-builder.ts";
import { type Edit, type OnnxScan, scanBytes } from "../onnx-file/scan.ts";
import type { Backend } from "../open/backend.ts";
import { mostBytes, type OnnxFile, type Opened, openExtended, unreadable } from "../open/open-extended.ts";
import { probeGraph } from "../open/probe-graph.ts";
import { smallSession } from "../open/small-session.ts";
import { ownRuntime } from "./own-runtime.ts";
import { probeWebGPU } from "./probe-webgpu.ts";

/** What a backend needs to open its files. */
export interface Opening {
  readonly ort: Runtime;
  readonly files: ModelFiles;
  /** Paths of the model file and its drafter file in the folder. */
  readonly model: string;
  readonly drafter: string;
}

/** A backend that can free the memory of all sessions it has opened, including those refused during loading. */
export interface FetchedBackend extends Backend {
  release(): Promise<void>;
}

/** Opens files in memory: reads them completely, together with their weight files. */
export function fetchedBackend({ ort, files, model, drafter }: Opening): FetchedBackend {
  const runtime = ownRuntime(ort);
  const read = (path: string) => readBytes(files, path, "Load the model again when it is readable.");

  /** The weight files. Rejects with `model_files` when one is missing or cut off. */
  const weightsOf = async (path: string, scan: OnnxScan): Promise<Weights> => {
    const found = Array.from(externalFiles(scan), async ([location, least]) => {
      const beside = beneath(path, location);
      const data = await read(beside);
      const fault = externalFault(scan.file, files.nameOf(beside), data?.length, least);
      if (data === undefined || fault !== undefined) throw new LenityError("model_files", fault ?? "");
      return { path: location, data };
    });
    const externalData = await Promise.all(found);
    return externalData.length === 0 ? {} : { externalData };
  };

  return {
    async openGraph(request) {
      const bytes = await read(model);
      if (bytes === undefined) {
        throw new LenityError(
          "model_files",
          `${request.file} is missing. Name the model's file, or its variant by the dtype.`,
        );
      }
      const scan = scanned(request.file, bytes);
      const weights = await weightsOf(model, scan);
      const open = (options: InferenceSession.SessionOptions) =>
        openBytes(runtime, scan, bytes, { ...options, ...weights }, request.hidden);
      // Tensors passed for outputs are copied to WebAssembly's memory, but not back.
      const { graph, facts } = await probeGraph(runtime, scan, await open(wasm).catch(blaming(scan)), request, false);
      const openBeside = (small: GraphBuilder) => smallSession(runtime, small, wasm);
      const { name, width, vocabulary, unused, contextLength, device = "cpu" } = request;
      const cpu = { graph: { ...graph, openBeside }, name, width, vocabulary, unused, contextLength };
      const placed = await chooseDevice(
        cpu,
        { name, device, candidates: ["webgpu"], plain: "the provider wasm" },
        toleranceOf(graph, facts.weights),
        {
          probe: (device, timed) => probeWebGPU(runtime, device, timed),
          open: (device) => openOnDevice(cpu, device, open),
          runSteps,
          race: raceBlocks,
        },
      );
      const weightFiles = [...externalFiles(scan).keys()].map((location) => files.nameOf(beneath(model, location)));
      const providers = (placed.device.name === "cpu" ? ["wasm"] : ["wasm", "webgpu"]).map((name) => ({
        name,
        bundled: true,
      }));
      return { graph: placed.model.graph, facts: { ...facts, weightFiles, providers }, device: reported(placed) };
    },
    async openDrafter(name) {
      const bytes = await read(drafter);
      if (bytes === undefined) return undefined;
      const scan = scanned(name, bytes);
      return runtime.InferenceSession.create(bytes, { ...wasm, ...(await weightsOf(drafter, scan)) }).catch((cause) => {
        // onnxruntime-web/webgpu lacks float64 arithmetic, which drawing tokens needs.
        const lacking = /Could not find an implementation for .*/.exec(reason(cause))?.[0];
        if (lacking === undefined) throw unreadable(scan, cause);
        return `The drafter file is not used, because this build of ONNX Runtime cannot run it (${lacking}); drafting runs the model token by token.`;
      });
    },
    release: runtime.release,
  };
}

const wasm = { executionProviders: ["wasm"] } as const;

type Weights = Pick<InferenceSession.SessionOptions, "externalData">;

function reported({ device }: ChosenDevice): ChosenDevice["device"] {
  return device.name === "cpu" ? { name: "cpu", why: `It runs on WebAssembly. ${device.why}` } : device;
}

/**
 * Opens a file in memory with the outputs it lacks, as `openExtended` does. Rejects with whatever the runtime throws.
 */
async function openBytes(
  runtime: Runtime,
  scan: OnnxScan,
  bytes: Uint8Array,
  options: InferenceSession.SessionOptions,
  asked: readonly HiddenKind[] | undefined,
): Promise<Opened> {
  const file: OnnxFile = {
    scan,
    open: () => runtime.InferenceSession.create(bytes, options),
    openWith: (suffix, edits) => runtime.InferenceSession.create(joined(bytes, suffix, edits), options),
    extensionFault: (more) =>
      bytes.length + more > mostBytes ? "files of 2 GiB or more cannot be extended in memory" : undefined,
  };
  return openExtended(file, asked);
}

/** Blames the file for errors on WebAssembly, where the runtime supports everything. */
const blaming =
  (scan: OnnxScan) =>
  (cause: unknown): never => {
    throw unreadable(scan, cause);
  };

/** Resolves a location relative to another file to a path in the folder. */
const beneath = (path: string, location: string): string => path.slice(0, path.lastIndexOf("/") + 1) + location;

function scanned(file: string, bytes: Uint8Array): OnnxScan {
  const byteAt = (position: number): number => {
    const byte = bytes[position];
    if (byte === undefined) throw new RangeError("The file is cut off.");
    return byte;
  };
  return scanBytes(byteAt, file, bytes.length);
}

function joined(bytes: Uint8Array, suffix: Uint8Array, edits: readonly Edit[]): Uint8Array {
  const all = new Uint8Array(bytes.length + suffix.length);
  all.set(bytes);
  for (const edit of edits) all.set(edit.bytes, edit.start);
  all.set(suffix, bytes.length);
  return all;
}

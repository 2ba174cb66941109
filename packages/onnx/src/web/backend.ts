import { LenityError } from "@lenity/core";
import type { InferenceSession } from "onnxruntime-node";
import type { Backend } from "../answering.ts";
import { fileOf } from "../device/small-session.ts";
import type { GraphBuilder } from "../export/onnx-writer.ts";
import type { Runtime } from "../graph.ts";
import type { ModelFiles } from "../model-files.ts";
import { externalFault, externalFiles } from "../onnx-file/external-files.ts";
import { type OnnxScan, scanBytes } from "../onnx-file/scan.ts";
import { mostBytes, openTapped, unreadable } from "../open-tapped.ts";
import { readBytes } from "../read-files.ts";
import { tryGraph } from "../try-graph.ts";
import { turn } from "./turn.ts";

/** Where and how a backend opens its files. */
export interface Opening {
  readonly ort: Runtime;
  readonly files: ModelFiles;
  /** Paths of the model file and its drafter file in the folder. */
  readonly model: string;
  readonly drafter: string;
  /** ONNX Runtime's name of the execution provider. */
  readonly provider: "wasm" | "webgpu";
}

/** A backend that can give back the memory of every session that it has opened, those too that loading then refused. */
export interface FetchedBackend extends Backend {
  release(): Promise<void>;
}

/** Opens files in memory: read whole, with the files beside them that hold their weights. */
export function fetchedBackend({ ort, files, model, drafter, provider }: Opening): FetchedBackend {
  const sessions: InferenceSession[] = [];
  const read = (path: string) => readBytes(files, path, "Load the model again when it is.");
  const create = async (bytes: Uint8Array, weights: Weights): Promise<InferenceSession> => {
    const session = await ort.InferenceSession.create(bytes, { executionProviders: [provider], ...quiet, ...weights });
    sessions.push(session);
    const run = session.run.bind(session) as (...args: readonly unknown[]) => Promise<InferenceSession.ReturnType>;
    session.run = async (feeds: unknown, fetches: unknown) => {
      await turn();
      return run(feeds, fetches, quiet);
    };
    return session;
  };

  /** The files that hold weights. Rejects with `model_files` when one is missing or cut off. */
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

  const open = (scan: OnnxScan, bytes: Uint8Array, weights: Weights) =>
    create(bytes, weights).catch((cause) => {
      throw unreadable(scan, cause);
    });

  return {
    async openGraph(request) {
      const bytes = await read(model);
      if (bytes === undefined) {
        throw new LenityError("model_files", `${request.file} is missing. Name the model's file, or its variant by the dtype.`);
      }
      const scan = scanned(request.file, bytes);
      const weights = await weightsOf(model, scan);
      const opened = await openTapped({
        scan,
        open: () => open(scan, bytes, weights),
        openWith: (suffix) => create(joined(bytes, suffix), weights),
        fixed: (more) => (bytes.length + more > mostBytes ? "files from 2 GiB on cannot be extended in memory" : undefined),
      });
      // What a run is given for its outputs is copied to WebAssembly's memory, and not back.
      const { graph, facts } = await tryGraph(ort, scan, opened, request, false);
      const weightFiles = [...externalFiles(scan).keys()].map((location) => files.nameOf(beneath(model, location)));
      const device =
        provider === "webgpu" ? { name: provider, why: "It was asked for." } : { name: "cpu" as const, why: "WebAssembly computes there." };
      const beside = async (small: GraphBuilder) => create(new Uint8Array(await fileOf(small).arrayBuffer()), {});
      return { graph: { ...graph, beside }, facts: { ...facts, weightFiles, providers: [{ name: provider, bundled: true }] }, device };
    },
    async openDrafter(name) {
      const bytes = await read(drafter);
      if (bytes === undefined) return undefined;
      const scan = scanned(name, bytes);
      return open(scan, bytes, await weightsOf(drafter, scan));
    },
    async release() {
      await Promise.all(sessions.splice(0).map((session) => session.release()));
    },
  };
}

/** What fails is thrown; the runtime need not print it as well. */
const quiet = { logSeverityLevel: 4 } as const;

type Weights = Pick<InferenceSession.SessionOptions, "externalData">;

/** The path in the folder of a file that another one names relative to itself. */
const beneath = (path: string, location: string): string => path.slice(0, path.lastIndexOf("/") + 1) + location;

function scanned(file: string, bytes: Uint8Array): OnnxScan {
  const byteAt = (position: number): number => {
    const byte = bytes[position];
    if (byte === undefined) throw new RangeError("The file is cut off.");
    return byte;
  };
  return scanBytes(byteAt, file, bytes.length);
}

function joined(bytes: Uint8Array, suffix: Uint8Array): Uint8Array {
  const all = new Uint8Array(bytes.length + suffix.length);
  all.set(bytes);
  all.set(suffix, bytes.length);
  return all;
}

/** The same weights in other programs. */
import { existsSync, renameSync, statSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Shape } from "@lenity/onnx/testing";
import { type AskedProcess, startAsked } from "../asked-process.ts";
import type { GgufKind } from "../race/gguf.ts";
import { exportGguf } from "../race/gguf-llama.ts";
import type { Peer } from "../race/peers.ts";
import { exportedFiles, type SizeKind } from "./exported-files.ts";
import type { SizesLane } from "./lane.ts";
import type { PeerQuestion, PeerReady, PeerSetup } from "./peer.ts";
import type { SizesRow } from "./report.ts";

/** The formats of llama.cpp that are compared with a way to store weights. */
const ggufKinds: Readonly<Record<SizeKind, readonly GgufKind[]>> = {
  float32: ["f32", "f16"],
  int8: ["q8_0"],
  "int8-cache": ["q8_0"],
  int4: ["q4_0"],
  "int4-64": ["q4_0"],
  float16: ["f16"],
};

/** Milliseconds until a program must have loaded, and until it must have done some runs, filling the cache included. */
const limits = { loading: 300_000, answer: 600_000 };

/** What all lanes of a shape share. */
export interface PeerPlan {
  readonly folder: string;
  readonly name: string;
  readonly shape: Shape;
  readonly kinds: readonly SizeKind[];
  readonly settings: Pick<PeerSetup, "threads" | "context" | "clock">;
}

/** Whether other programs read such files: int8 caches have attention of lenity's own. */
const isForAll = (kind: SizeKind): boolean => kind !== "int8-cache";

/** The lanes of a program. llama.cpp has two for each file, with draws and without, in the same process. */
export async function peerLanes({ engine, module }: Peer, plan: PeerPlan): Promise<SizesLane[]> {
  if (engine === "lenity") return [];
  const { folder, kinds, shape, settings } = plan;
  const lanes: SizesLane[] = [];
  const files =
    engine === "llama.cpp"
      ? await ggufFiles(folder, kinds)
      : await exportedFiles(folder, shape, kinds.filter(isForAll), { attention: "gqa" });
  try {
    for (const { kind, file, bytes } of files) {
      const process = await startAsked<PeerReady, PeerQuestion, readonly number[]>({
        ...{ name: `${engine} ${kind}`, script: new URL("./peer-script.ts", import.meta.url), loading: limits.loading },
        argument: { engine, module, folder, file, ...settings } satisfies PeerSetup,
      });
      const row = { shape: plan.name, kind, bytes, ...process.ready, cells: [] };
      if (engine === "transformers.js") lanes.push(lane({ ...row, program: engine }, process, false));
      else {
        lanes.push(lane({ ...row, program: "llama.cpp" }, process, false));
        lanes.push(lane({ ...row, program: "llama.cpp with draws", cells: [] }, process, true));
      }
    }
  } catch (error) {
    for (const one of lanes) await one.close();
    throw error;
  }
  return lanes;
}

function lane(
  row: SizesRow,
  process: AskedProcess<PeerReady, PeerQuestion, readonly number[]>,
  draws: boolean,
): SizesLane {
  return { row, run: (runs) => process.ask({ ...runs, draws }, limits.answer), close: () => process.close() };
}

/** Writes the folder's weights as GGUF, unless the file is there already. */
async function ggufFiles(folder: string, kinds: readonly SizeKind[]) {
  await mkdir(join(folder, "gguf"), { recursive: true });
  const files = [];
  for (const kind of new Set(kinds.flatMap((kind) => ggufKinds[kind]))) {
    const file = join("gguf", `${kind}.gguf`);
    const path = join(folder, file);
    if (!existsSync(path)) {
      await exportGguf(folder, `${path}.part`, kind);
      renameSync(`${path}.part`, path);
    }
    files.push({ kind, file, bytes: statSync(path).size });
  }
  return files;
}

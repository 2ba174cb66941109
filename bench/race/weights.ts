/** The built-in pair in the forms that the lanes read, made once from its safetensors. */
import { copyFile, mkdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { seeded } from "@lenity/core";
import { exportDecoder, exportDrafter, loadTokenizer } from "@lenity/onnx";
import * as tiny from "@lenity/tiny";
import type { GgufKind } from "./gguf.ts";
import { exportGguf } from "./gguf-llama.ts";
import type { Lane } from "./lane.ts";

/** The two models of a lane: folders, or GGUF files. */
export interface PairPlaces {
  readonly target: string;
  readonly draft: string;
}

/** The seed of the recipe's calibration text. */
const calibrationSeed = 77;

const models = { target: fileURLToPath(tiny.target), draft: fileURLToPath(tiny.draft) };

/** The pair for a lane, made in `folder` if it is missing. Rejects with `model_files` if it has no safetensors. */
export async function weightsFor({ engine, weights }: Lane, folder: string): Promise<PairPlaces> {
  if (weights === "fp32") return models;
  const [target, draft] = await Promise.all(
    (["target", "draft"] as const).map((model) =>
      engine === "llama.cpp" ? ggufOf(model, weights as GgufKind, folder) : int8Of(model, folder),
    ),
  );
  return { target: target as string, draft: draft as string };
}

async function ggufOf(model: keyof PairPlaces, kind: GgufKind, folder: string): Promise<string> {
  const file = join(folder, `${model}-${kind}.gguf`);
  await made(file, async (unfinished) => exportGguf(models[model], unfinished, kind));
  return file;
}

/** A folder with the int8 file alone, so that it is the one that is loaded. */
async function int8Of(model: keyof PairPlaces, folder: string): Promise<string> {
  const copy = join(folder, `${model}-int8`);
  await made(copy, async (unfinished) => {
    await mkdir(join(unfinished, "onnx"), { recursive: true });
    const files = ["config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json"];
    for (const file of [...files, "model.safetensors"])
      await copyFile(join(models[model], file), join(unfinished, file));
    const calibration = [(await loadTokenizer(unfinished)).encode(tiny.calibrationText(seeded(calibrationSeed)))];
    // A draft need not be exact, and static scales are cheaper.
    const options = { weights: "int8", calibration, activations: model === "draft" ? "static" : "mix" } as const;
    await exportDecoder(unfinished, options);
    if (model === "draft") await exportDrafter(unfinished, options);
    await rm(join(unfinished, "model.safetensors"));
  });
  return copy;
}

/** Makes a file or folder under another name first, so that one that exists is complete. */
async function made(path: string, make: (unfinished: string) => Promise<void>): Promise<void> {
  if (await stat(path).catch(() => undefined)) return;
  const unfinished = `${path}.unfinished`;
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(join(path, ".."), { recursive: true });
  await make(unfinished);
  await rename(unfinished, path);
}

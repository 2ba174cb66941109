import { basename, join } from "node:path";
import { LenityError } from "@lenity/core";
import { exists, filesIn } from "../folder/disk-files.ts";
import { readJson } from "../folder/read-files.ts";
import { openSafetensors, type Tensors } from "./safetensors.ts";

/** The tensors of a folder, and which of them have not been used. */
export interface TensorFolder extends Tensors {
  unused(): string[];
}

/**
 * Opens model.safetensors, or the shards that model.safetensors.index.json lists. Throws `model_files` when something
 * is missing or damaged.
 */
export async function openTensors(dir: string): Promise<TensorFolder> {
  const whole = join(dir, "model.safetensors");
  const index = join(dir, "model.safetensors.index.json");
  const tensors =
    !(await exists(whole)) && (await exists(index)) ? await openShards(dir, index) : openSafetensors(whole);
  const used = new Set<string>();
  return {
    ...tensors,
    find(name, shape) {
      used.add(name);
      return tensors.find(name, shape);
    },
    unused: () => tensors.names.filter((name) => !used.has(name)),
  };
}

async function openShards(dir: string, index: string): Promise<Tensors> {
  const advice = "Expected the index of a model in several safetensors files; download or save it again.";
  const { weight_map: map } = (await readJson(filesIn(dir), basename(index), advice)) ?? {};
  if (typeof map !== "object" || map === null || !Object.values(map).every((file) => typeof file === "string")) {
    throw new LenityError("model_files", `${index} has no weight_map of tensors to files. ${advice}`);
  }
  const fileOf = new Map(Object.entries(map as Record<string, string>));
  const shards = new Map<string, Tensors>();
  const close = () => {
    for (const shard of shards.values()) shard.close();
  };
  try {
    for (const file of new Set(fileOf.values())) shards.set(file, openSafetensors(join(dir, file)));
  } catch (error) {
    close();
    throw error;
  }
  return {
    names: [...fileOf.keys()],
    find(name, shape) {
      const shard = shards.get(fileOf.get(name) ?? "");
      if (shard === undefined)
        throw new LenityError("model_files", `${index} does not list the tensor ${name}. ${advice}`);
      return shard.find(name, shape);
    },
    close,
  };
}

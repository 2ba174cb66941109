import { copyFile, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { exportDecoder, exportDrafter } from "@lenity/onnx";
import * as tiny from "@lenity/tiny";

/** How the built-in pair's weights are stored. Both compute in float32; float16 needs a GPU with shader-f16. */
export const pairWeights = ["float16", "float32"] as const;

/**
 * The folders of the built-in pair with float16 weights, as it is shipped; with float32, those of copies in `folder`,
 * which need the pair's safetensors.
 */
export async function pairFolders(
  weights: (typeof pairWeights)[number],
  folder: string,
): Promise<{ readonly target: string; readonly draft: string }> {
  const own = { target: fileURLToPath(tiny.target), draft: fileURLToPath(tiny.draft) };
  if (weights === "float16") return own;
  const copies = { target: join(folder, "target-float32"), draft: join(folder, "draft-float32") };
  for (const model of ["target", "draft"] as const) {
    const copy = copies[model];
    await mkdir(copy, { recursive: true });
    const files = ["config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json"];
    for (const file of [...files, "model.safetensors"]) await copyFile(join(own[model], file), join(copy, file));
    await exportDecoder(copy, { weights });
  }
  await exportDrafter(copies.draft, { weights });
  return copies;
}

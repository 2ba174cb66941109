import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { readPrompts, runLabels } from "@lenity/train";
import { chosenMethod, type LabelFlags } from "./label-flags.ts";
import { labelJobs } from "./label-jobs.ts";
import { loadModels } from "./load-models.ts";
import { print } from "./output.ts";
import { withProgress } from "./progress.ts";

/** `lenity judge label`: writes a label file, or continues one. */
export async function judgeLabel(flags: LabelFlags): Promise<void> {
  const { out: file, dtype, draftDtype, file: modelFile, device, context } = flags;
  const method = chosenMethod(flags);
  const prompts = (await readPrompts(flags.prompts)).slice(0, flags.limit);
  const models = await loadModels(flags, "messages");
  try {
    const { settings, what, count, label } = await labelJobs[method](prompts, models, flags);
    const loaded = { dtype, draftDtype, file: modelFile, device, context };
    const source = {
      method,
      target: models.id,
      draft: method === "spans" ? undefined : models.draft?.name,
      vocabulary: models.target.vocabulary,
      settings: { promptsHash: await hash(flags.prompts), ...settings, ...loaded },
    };
    const counts = await withProgress(what, (progress) => runLabels({ file, source, count, label, progress }));
    print(`${file}: ${counts.answers} answers with ${counts.labels} labels, ${counts.fine} of them fine`);
  } finally {
    await models.close();
  }
}

/** A hash of a file's bytes, to see that it has not changed. */
async function hash(file: string): Promise<string> {
  const bytes = await readFile(file);
  return createHash("sha256").update(bytes).digest("hex").slice(0, 16);
}

import type { Dtype } from "@lenity/onnx";
import { pullModel } from "./hub/pull-model.ts";
import { pullReport } from "./hub/report.ts";
import { readHub } from "./hub/settings.ts";
import { checkFile } from "./options.ts";
import { print } from "./output.ts";

export interface PullFlags {
  readonly dtype?: Dtype | undefined;
  readonly file?: string | undefined;
  readonly weights?: boolean | undefined;
  readonly revision?: string | undefined;
  readonly dryRun?: boolean | undefined;
  readonly json?: boolean | undefined;
}

/** `lenity pull ORG/NAME`: shows the progress on standard error and prints the folder on standard output. */
export async function pull(model: string, { json, ...options }: PullFlags): Promise<void> {
  checkFile(options);
  const pulled = await pullModel(await readHub(), model, options, pullReport(process.stderr));
  if (json === true) print(JSON.stringify(pulled));
  else if (options.dryRun !== true) print(pulled.folder);
}

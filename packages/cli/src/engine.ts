import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { autojudgeHead, defaultRegistry, judgeHead, LenityError, lookupDrafter } from "@lenity/core";
import {
  type DeviceWish,
  type Dtype,
  loadChatTemplate,
  loadModel,
  loadSampling,
  loadTokenizer,
  type OnnxModel,
  onnxDrafter,
} from "@lenity/onnx";
import type { ServedModel } from "@lenity/server";
import * as tiny from "@lenity/tiny";
import { resolveModel } from "./hub/resolve-model.ts";

export interface EngineOptions {
  /** The target: a folder, or ORG/NAME on the hub. Default: the embedded pair. */
  readonly model?: string | undefined;
  /** The draft, likewise. Without one, and with a model of your own, drafts come from prompt lookup. */
  readonly draft?: string | undefined;
  /** The variant of the model files, as in `model_fp16.onnx`. Default: fp32, or the only one there is. */
  readonly dtype?: Dtype | undefined;
  /** Where the models compute. Default: cpu. */
  readonly device?: DeviceWish | undefined;
  /** A judge head. Default: `judge.json` in the target's folder, when it is there. */
  readonly judge?: string | undefined;
  /** Engines of each model, so many answers at a time. Default 1. */
  readonly engines?: number | undefined;
  /** As `loadModel` takes it, for each model. */
  readonly cacheBytes?: number | undefined;
}

/** The models of one process, ready to answer and to be served. Its drafters: `model` first when there is a draft model; `lookup` always. */
export interface Engine extends ServedModel {
  readonly target: OnnxModel;
  close(): Promise<void>;
}

/** Loads the models, and tells on standard error what their user must know. */
export async function openEngine(options: EngineOptions): Promise<Engine> {
  const wish = { dtype: options.dtype };
  const { folder, name } =
    options.model === undefined ? { folder: fileURLToPath(tiny.target), name: "tiny" } : await resolveModel(options.model, wish);
  const embedded = options.model === undefined ? fileURLToPath(tiny.draft) : undefined;
  const draftFolder = options.draft === undefined ? embedded : (await resolveModel(options.draft, wish)).folder;
  const [tokenizer, chatTemplate, head, autojudge, sampling] = await Promise.all([
    loadTokenizer(folder),
    loadChatTemplate(folder),
    readHead(join(folder, "judge.json"), judgeHead, options.judge),
    readHead(join(folder, "autojudge.json"), autojudgeHead),
    loadSampling(folder),
  ]);
  if (chatTemplate === undefined) {
    throw new LenityError(
      "model_files",
      `${folder} has no chat template (chat_template.jinja, or chat_template in tokenizer_config.json). Take a chat model, or add one.`,
    );
  }
  const { dtype, device, engines, cacheBytes } = options;
  const target = await loadModel(folder, { engines, cacheBytes, dtype, device, drafter: false, name });
  for (const warning of target.warnings) console.error(`warning: ${warning}`);
  try {
    const draft =
      draftFolder === undefined
        ? undefined
        : await loadModel(draftFolder, {
            engines,
            cacheBytes,
            threads: 1,
            device,
            dtype: options.draft === undefined ? undefined : dtype,
            draftsFor: target,
          });
    if (device !== undefined) tellDevices(draft === undefined ? [target] : [target, draft]);
    for (const note of [...target.notes, ...(draft?.notes ?? [])]) console.error(`lenity: ${note}.`);
    return {
      id: name,
      target,
      draft,
      tokenizer,
      chatTemplate: chatTemplate.template,
      toolTemplate: chatTemplate.named["tool_use"],
      chatTemplateFile: chatTemplate.file,
      specialTokens: chatTemplate.tokens,
      sampling,
      registry: defaultRegistry({ judge: head, autojudge, tokenizer }),
      drafters: { ...(draft === undefined ? {} : { model: () => onnxDrafter(draft) }), lookup: () => lookupDrafter() },
      close: async () => {
        await Promise.all([target.close(), draft?.close()]);
      },
    };
  } catch (error) {
    await target.close();
    throw error;
  }
}

/** One line for each device and reason. */
function tellDevices(models: readonly OnnxModel[]): void {
  const lines = Map.groupBy(models, ({ device }) => `${device.name}. ${device.why}`);
  for (const [line, those] of lines) {
    console.error(`lenity: ${those.map(({ name }) => name).join(" and ")} ${those.length === 1 ? "runs" : "run"} on ${line}`);
  }
}

/** A trained head from a file that was named, which must be there, or from its usual place, which may be empty. */
async function readHead<Head>(place: string, parse: (json: unknown) => Head, named?: string): Promise<Head | undefined> {
  const path = named ?? place;
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (cause) {
    if (named === undefined) return undefined;
    throw new LenityError("model_files", `The judge head ${path} cannot be read. Give --judge the path of a judge.json.`, { cause });
  }
  try {
    return parse(JSON.parse(text));
  } catch (cause) {
    throw new LenityError("model_files", `${path} is no judge head: ${(cause as Error).message}`, { cause });
  }
}

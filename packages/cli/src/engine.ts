import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { autojudgeHead, defaultRegistry, judgeHead, LenityError, lookupDrafter, type Sampling } from "@lenity/core";
import { type Dtype, loadChatTemplate, loadModel, loadTokenizer, type OnnxModel, onnxDrafter } from "@lenity/onnx";
import type { ServedModel } from "@lenity/server";
import * as tiny from "@lenity/tiny";

export interface EngineOptions {
  /** The target's folder. Default: the embedded pair. */
  readonly model?: string | undefined;
  /** The draft's folder. Without one, and with a model of your own, drafts come from prompt lookup. */
  readonly draft?: string | undefined;
  /** The variant of the model files, as in `model_fp16.onnx`. Default: fp32, or the only one there is. */
  readonly dtype?: Dtype | undefined;
  /** A judge head. Default: `judge.json` in the target's folder, when it is there. */
  readonly judge?: string | undefined;
}

/** The models of one process, ready to answer and to be served. Its drafters: `model` first when there is a draft model; `lookup` always. */
export interface Engine extends ServedModel {
  readonly target: OnnxModel;
  close(): Promise<void>;
}

export async function openEngine(options: EngineOptions): Promise<Engine> {
  const folder = options.model ?? fileURLToPath(tiny.target);
  const draftFolder = options.draft ?? (options.model === undefined ? fileURLToPath(tiny.draft) : undefined);
  const [tokenizer, chatTemplate, head, autojudge, sampling] = await Promise.all([
    loadTokenizer(folder),
    loadChatTemplate(folder),
    readHead(join(folder, "judge.json"), judgeHead, options.judge),
    readHead(join(folder, "autojudge.json"), autojudgeHead),
    readSampling(folder),
  ]);
  if (chatTemplate === undefined) {
    throw new LenityError(
      "model_files",
      `${folder} has no chat template (chat_template.jinja, or chat_template in tokenizer_config.json). Take a chat model, or add one.`,
    );
  }
  const target = await loadModel(folder, { threads: 2, dtype: options.dtype });
  try {
    const draft =
      draftFolder === undefined
        ? undefined
        : await loadModel(draftFolder, { threads: 1, dtype: options.draft === undefined ? undefined : options.dtype });
    return {
      id: options.model === undefined ? "tiny" : target.name,
      target,
      tokenizer,
      chatTemplate: chatTemplate.template,
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

/** What generation_config.json recommends for requests that say nothing: greedy unless it asks for sampling. */
async function readSampling(folder: string): Promise<Partial<Sampling>> {
  const text = await readFile(join(folder, "generation_config.json"), "utf8").catch(() => "{}");
  const config = JSON.parse(text) as { do_sample?: boolean; temperature?: number; top_k?: number; top_p?: number; min_p?: number };
  if (config.do_sample !== true) return { temperature: 0 };
  return { temperature: config.temperature ?? 1, topK: config.top_k ?? 0, topP: config.top_p ?? 1, minP: config.min_p ?? 0 };
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

/** The models of an experiment, and how they are loaded. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { type ChatWriter, chatWriter } from "@lenity/chat";
import { defaultRegistry, type HiddenKind, type Registry, type Tokenizer } from "@lenity/core";
import { loadChatTemplate, loadModel, loadTokenizer, type OnnxModel } from "@lenity/onnx";
import { readHead, statesOf, type TrainedHead } from "@lenity/train";
import type { DraftName, Setting } from "./setting.ts";

/** The folders of the models. */
export interface Folders {
  readonly target: string;
  readonly draft: string;
  /** The draft that was trained to answer what the target refuses. Only the experiment on safety needs it. */
  readonly complied: string;
  readonly heads: string;
}

/** What an experiment needs besides the target and the plain draft. */
export interface Needs {
  /** The names of heads. */
  readonly heads?: readonly string[] | undefined;
  readonly complied?: boolean | undefined;
  /** Hidden states of the target, besides those that the heads read. */
  readonly hidden?: readonly HiddenKind[] | undefined;
}

export interface Models {
  readonly target: OnnxModel;
  readonly drafts: Readonly<Partial<Record<DraftName, OnnxModel>>>;
  readonly tokenizer: Tokenizer;
  readonly writer: ChatWriter;
  /** The rules that a setting may name. */
  registry(setting: Pick<Setting, "judge" | "autojudge">): Registry;
  close(): Promise<void>;
}

/** Loads the models, each with one engine and one thread: processes share the cores. */
export async function loadModels(folders: Folders, needs: Needs): Promise<Models> {
  const names = needs.heads ?? [];
  const heads = new Map(await Promise.all(names.map(async (name) => [name, await headOf(folders, name)] as const)));
  const hidden = [...new Set([...(needs.hidden ?? []), ...[...heads.values()].map((head) => statesOf(head).hidden)])];
  const options = { threads: 1, cacheBytes: 0 } as const;
  const [target, tokenizer, chatTemplate] = await Promise.all([
    loadModel(folders.target, { ...options, name: "target", hidden, drafter: false }),
    loadTokenizer(folders.target),
    loadChatTemplate(folders.target),
  ]);
  const draft = (folder: string) => loadModel(folder, { ...options, name: "draft", draftsFor: target });
  const [plain, complied] = await Promise.all([
    draft(folders.draft),
    needs.complied === true ? draft(folders.complied) : undefined,
  ]);
  return {
    target,
    drafts: { plain, ...(complied === undefined ? {} : { complied }) },
    tokenizer,
    writer: chatWriter({ id: "target", target, tokenizer, chatTemplate }),
    registry: ({ judge, autojudge }) =>
      defaultRegistry({
        tokenizer,
        judge: judge === undefined ? undefined : weightsOf(heads, judge, "judge"),
        autojudge: autojudge === undefined ? undefined : weightsOf(heads, autojudge, "autojudge"),
      }),
    async close() {
      await Promise.all([target, plain, complied].map((model) => model?.close()));
    },
  };
}

function weightsOf<Kind extends TrainedHead["kind"]>(
  heads: ReadonlyMap<string, TrainedHead>,
  name: string,
  kind: Kind,
) {
  const head = heads.get(name);
  if (head?.kind === kind) return head.weights as Extract<TrainedHead, { readonly kind: Kind }>["weights"];
  throw new TypeError(`The head ${name} is ${head?.kind ?? "not loaded"}; expected one of the kind ${kind}.`);
}

async function headOf(folders: Folders, name: string): Promise<TrainedHead> {
  const path = join(folders.heads, `${name}.json`);
  const text = await readFile(path, "utf8").catch((cause) => {
    throw new Error(`There is no head ${path}. Train the heads first: bun run experiment heads`, { cause });
  });
  const json = JSON.parse(text);
  const target = await weightsHash(folders.target);
  if (json.pair?.target !== target)
    throw new Error(`The head ${path} was trained for other weights than ${folders.target}. Train the heads again.`);
  return readHead(json);
}

/** The first 16 hexadecimal digits of the SHA-256 hash of a model's weights. */
export async function weightsHash(folder: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(join(folder, "model.safetensors")), hash);
  return hash.digest("hex").slice(0, 16);
}

/** Loads the built-in pair from the files next to the page. */
import { type ChatWriter, chatWriter } from "@lenity/chat";
import { autojudgeHead, type Drafter, defaultRegistry, judgeHead, type Registry } from "@lenity/core";
import {
  fetchedFiles,
  loadChatTemplate,
  loadModel,
  loadTokenizer,
  type ModelFiles,
  type OnnxModel,
  onnxDrafter,
  openFolder,
  type Runtime,
  type WebLoadOptions,
} from "@lenity/onnx/web";

/** The target, its drafter, and the chat writer. */
export interface Pair {
  readonly target: OnnxModel;
  readonly registry: Registry;
  readonly writer: ChatWriter;
  /** Creates a drafter for one answer. */
  drafter(): Drafter;
}

/** Bytes of each file by its path, written by build.ts: the list of files, and the total for the progress bar. */
type Manifest = Readonly<Record<"target" | "draft", Readonly<Record<string, number>>>>;

/** A file from the page's build is not on the server. */
export class MissingFile extends Error {}

async function fetchPresent(url: URL): Promise<Response> {
  const response = await fetch(url);
  if (response.status === 404)
    throw new MissingFile(`${url.href} is missing. Build the page again and serve all of dist/.`);
  return response;
}

/** Rejects with MissingFile, or with the errors of `loadModel`. */
export async function loadPair(
  ort: Runtime,
  provider: WebLoadOptions["provider"],
  onProgress: (loaded: number, total: number) => void,
): Promise<Pair> {
  const base = new URL("models/", import.meta.url);
  const manifest = (await (await fetchPresent(new URL("files.json", base))).json()) as Manifest;
  const total = Object.values(manifest)
    .flatMap((files) => Object.values(files))
    .reduce((sum, bytes) => sum + bytes, 0);
  const received = new Map<string, number>();
  const folder = (name: keyof Manifest) =>
    fetchedFiles(new URL(name, base), {
      paths: Object.keys(manifest[name]),
      fetch: fetchPresent,
      onProgress(path, loaded) {
        received.set(`${name}/${path}`, loaded);
        onProgress(
          [...received.values()].reduce((sum, bytes) => sum + bytes, 0),
          total,
        );
      },
    });
  const targetFiles = folder("target");
  const targetFolder = openFolder(targetFiles);
  const [tokenizer, chatTemplate, judge, autojudge] = await Promise.all([
    loadTokenizer(targetFolder),
    loadChatTemplate(targetFolder),
    readHead(targetFiles, "judge.json", judgeHead),
    readHead(targetFiles, "autojudge.json", autojudgeHead),
  ]);
  const target = await loadModel(targetFolder, { ort, provider, drafter: false, name: "tiny" });
  const draft = await loadModel(folder("draft"), { ort, provider, draftsFor: target });
  return {
    target,
    registry: defaultRegistry({ judge, autojudge, tokenizer }),
    writer: chatWriter({ target, tokenizer, chatTemplate }),
    drafter: () => onnxDrafter(draft),
  };
}

async function readHead<Head>(
  files: ModelFiles,
  path: string,
  parse: (json: unknown) => Head,
): Promise<Head | undefined> {
  const bytes = await files.read(path);
  return bytes === undefined ? undefined : parse(JSON.parse(new TextDecoder().decode(bytes)));
}

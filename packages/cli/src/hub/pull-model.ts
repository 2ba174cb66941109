import { mkdir, statfs } from "node:fs/promises";
import { dirname, join, posix, relative } from "node:path";
import { LenityError } from "@lenity/core";
import { externalData, scanOnnx } from "@lenity/onnx";
import { fetchBlob } from "./blob.ts";
import { hasSize, place, record, type Shelf, shelfOf } from "./cache.ts";
import { type ChosenFiles, chooseFiles } from "./choose-files.ts";
import { partialBytes } from "./claim.ts";
import { type HubFile, type Listing, listModel } from "./listing.ts";
import { checkRevision, isModelName } from "./name.ts";
import type { Pulled, PullOptions } from "./pulled.ts";
import type { Hub } from "./settings.ts";
import { cachedModel } from "./snapshot.ts";

/** Callbacks that show the progress of a pull. */
export interface Report {
  /** Called before anything is downloaded. */
  plan(plan: Pulled): void;
  /** Bytes downloaded, including those of earlier attempts, and bytes that the cache lacked. */
  progress(done: number, all: number): void;
  note(text: string): void;
  /** Called at the end, also after a failure. */
  end(): void;
}

/**
 * Downloads the missing files of a model. Its snapshot is complete when this resolves. After a failure, or if the
 * process ends, the next call resumes the download. Rejects with `download`, with `model_files` if the repository lacks
 * a requested file, and with `invalid_request`.
 */
export async function pullModel(hub: Hub, model: string, options: PullOptions, report: Report): Promise<Pulled> {
  const { revision = "main", dryRun = false, ...choice } = options;
  if (!isModelName(model)) {
    throw new LenityError(
      "invalid_request",
      `${JSON.stringify(model)} is not the name of a model on the hub. Expected ORG/NAME.`,
    );
  }
  checkRevision(revision);
  if (hub.offline) return fromCache(hub, model, options, report);
  const listing = await listModel(hub, model, revision, report.note);
  const chosen = chooseFiles(model, listing.files, choice);
  const shelf = shelfOf(hub, model);
  const plan = await planOf(shelf, listing, chosen.files);
  report.plan(plan);
  if (dryRun) return plan;
  try {
    await mkdir(shelf.blobs, { recursive: true });
    const more = await fetchAll(hub, shelf, listing, chosen, report);
    for (const file of [...more, ...chosen.files]) {
      const { commit } = listing;
      if (!(await hasSize(join(shelf.snapshot(commit), file.path), file.bytes))) await place(shelf, commit, file);
    }
    await record(shelf, revision, listing.commit); // last, so that a recorded revision is complete
    return { ...plan, files: [...plan.files, ...more.map(({ path, bytes }) => ({ path, bytes, cached: false }))] };
  } catch (error) {
    throw fileFault(error, hub);
  } finally {
    report.end();
  }
}

/** A pull without the network. */
async function fromCache(hub: Hub, model: string, options: PullOptions, report: Report): Promise<Pulled> {
  const cached = await cachedModel(hub, model, options);
  if (cached === undefined) {
    const { revision = "main", dtype, file, weights } = options;
    const request =
      weights === true
        ? "with safetensors"
        : `with ${file ?? "an ONNX file"}${dtype === undefined ? "" : ` of dtype ${dtype}`}`;
    throw new LenityError(
      "model_files",
      `HF_HUB_OFFLINE is set, and ${hub.cache} has no ${model} ${request} at ${revision}. Pull it while online.`,
    );
  }
  report.plan(cached);
  return cached;
}

async function planOf(shelf: Shelf, { model, revision, commit }: Listing, files: readonly HubFile[]): Promise<Pulled> {
  const folder = shelf.snapshot(commit);
  const isCached = async (file: HubFile) =>
    (await hasSize(join(folder, file.path), file.bytes)) || (await hasSize(shelf.blob(file), file.bytes));
  const entries = files.map(async (file) => ({ path: file.path, bytes: file.bytes, cached: await isCached(file) }));
  return { model, revision, commit, folder, files: await Promise.all(entries) };
}

/** Downloads the files, then any others in which the ONNX file keeps weights. Returns those others. */
async function fetchAll(
  hub: Hub,
  shelf: Shelf,
  listing: Listing,
  { files, model }: ChosenFiles<HubFile>,
  report: Report,
): Promise<readonly HubFile[]> {
  const { commit } = listing;
  const isMissing = async (file: HubFile) => !(await hasSize(join(shelf.snapshot(commit), file.path), file.bytes));
  let [done, all] = [0, 0];
  const fetchMissing = async (wanted: readonly HubFile[]) => {
    const missing: HubFile[] = [];
    for (const file of wanted)
      if ((await isMissing(file)) && !(await hasSize(shelf.blob(file), file.bytes))) missing.push(file);
    await checkRoom(shelf, missing);
    all += sum(missing);
    for (const file of missing) {
      const progress = (bytes: number) => report.progress(done + bytes, all);
      await fetchBlob(hub, { model: listing.model, commit, file, blob: shelf.blob(file), progress, note: report.note });
      done += file.bytes;
    }
  };
  await fetchMissing(files);
  if (model === undefined) return [];
  const path = (await isMissing(model)) ? shelf.blob(model) : join(shelf.snapshot(commit), model.path);
  const more = externalFiles(listing, model, path).filter((file) => !files.includes(file));
  await fetchMissing(more);
  return more;
}

/** The files in which an ONNX file keeps weights, whatever their names. */
function externalFiles({ model, files }: Listing, { path }: HubFile, at: string): HubFile[] {
  return locations(at).map((location) => {
    const beside = posix.join(posix.dirname(path), location);
    const found = files.find((file) => file.path === beside);
    if (found !== undefined) return found;
    throw new LenityError(
      "model_files",
      `${path} of ${model} keeps weights in ${beside}, which is not in the repository. Choose another variant.`,
    );
  });
}

/** Paths of the files with weights. Empty for a file that is not ONNX, which loading reports. */
function locations(file: string): string[] {
  try {
    return [...externalData(scanOnnx(file)).keys()].map((path) => relative(dirname(file), path));
  } catch (error) {
    if (error instanceof LenityError) return [];
    throw error;
  }
}

async function checkRoom(shelf: Shelf, missing: readonly HubFile[]): Promise<void> {
  let needed = sum(missing);
  for (const file of missing) needed -= await partialBytes(shelf.blob(file));
  const { bavail, bsize, blocks } = await statfs(shelf.blobs);
  if (blocks === 0 || needed <= bavail * bsize) return; // some network file systems report no size
  const gigabytes = (bytes: number) => `${(bytes / 1e9).toFixed(1)} GB`;
  throw new LenityError(
    "download",
    `${shelf.blobs} has ${gigabytes(bavail * bsize)} free, but ${gigabytes(needed)} are needed. Free some space, or set HF_HUB_CACHE to a folder on another disk.`,
  );
}

const sum = (files: readonly HubFile[]): number => files.reduce((total, { bytes }) => total + bytes, 0);

/** Turns an error of the file system into one with a remedy. */
function fileFault(error: unknown, { cache }: Hub): unknown {
  const { code, message } = error as { code?: string; message: string };
  if (error instanceof LenityError || code === undefined || !/^E[A-Z0-9]+$/.test(code)) return error;
  const fault = (text: string) => new LenityError("download", text, { cause: error });
  if (code === "ENOSPC" || code === "EDQUOT") {
    return fault(
      `The disk with ${cache} is full. Downloaded data is kept: free some space and pull again, or set HF_HUB_CACHE to a folder on another disk.`,
    );
  }
  return fault(
    `Cannot write to the cache ${cache}: ${message}. Set HF_HOME or HF_HUB_CACHE to a folder that you can write to.`,
  );
}

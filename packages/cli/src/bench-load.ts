import { type LoadReport, loadTable } from "@lenity/bench/load";
import type { LoadModelsOptions } from "./load-models.ts";
import { clients, ownServer } from "./load-server.ts";
import { checkSave, print, saveJson } from "./output.ts";

export interface LoadFlags extends LoadModelsOptions {
  readonly url?: string | undefined;
  readonly streams?: readonly number[] | undefined;
  /** Of its own server; 1 finishes one answer after another. */
  readonly concurrency?: number | undefined;
  readonly seconds: number;
  readonly out: string;
}

/** `lenity bench load`: a server of its own on loopback, or the one at `--url`. */
export async function benchLoad(flags: LoadFlags): Promise<void> {
  await checkSave(flags.out);
  const own = flags.url === undefined ? await ownServer(flags) : undefined;
  try {
    const url = own?.url ?? (flags.url as string);
    const report = await clients<LoadReport>({ url, streams: flags.streams, seconds: flags.seconds }, own?.eventLoop);
    print(loadTable(report));
    await saveJson(flags.out, report);
  } finally {
    await own?.close();
  }
}

import { type ManyReport, manyTable } from "@lenity/bench/many";
import type { LoadFlags } from "./bench-load.ts";
import { clients, ownServer } from "./load-server.ts";
import { checkSave, print, saveJson } from "./output.ts";

/** `lenity bench many`: a server of its own on loopback, or the one at `--url`. */
export async function benchMany(flags: LoadFlags & { readonly policies: readonly string[] }): Promise<void> {
  await checkSave(flags.out);
  const own = flags.url === undefined ? await ownServer(flags) : undefined;
  try {
    const { streams, seconds, policies } = flags;
    const report = await clients<ManyReport>({ url: own?.url ?? (flags.url as string), streams, seconds, policies });
    print(manyTable(report));
    await saveJson(flags.out, report);
  } finally {
    await own?.close();
  }
}

import { setTimeout as pause } from "node:timers/promises";
import { builtInProblems } from "@lenity/bench/problems";
import { remote, remoteTable } from "@lenity/bench/remote";
import { chatWriter } from "@lenity/chat";
import type { Policy } from "@lenity/core";
import { onnxDrafter } from "@lenity/onnx";
import { eagerDrafter, pacedDrafter, remoteModel } from "@lenity/remote";
import { createServer } from "@lenity/server";
import { loadModels } from "./load-models.ts";
import { checkSave, print, saveJson } from "./output.ts";

export interface RemoteFlags {
  readonly roundTrips?: readonly number[] | undefined;
  readonly lengths?: readonly number[] | undefined;
  readonly policies?: readonly Policy[] | undefined;
  readonly problems: number;
  readonly maxTokens: number;
  readonly out: string;
}

/**
 * `lenity bench remote`: the built-in target behind lenity's own server, whose answers take a round trip longer. The
 * server is in this process, so that nothing but the round trip is added to its work.
 */
export async function benchRemote(flags: RemoteFlags): Promise<void> {
  await checkSave(flags.out);
  const models = await loadModels({}, "messages");
  try {
    const { target, draft, registry } = models;
    if (draft === undefined) throw new TypeError("The built-in pair has a draft model.");
    const app = createServer({ models: [models] });
    const writer = chatWriter(models);
    const drafter = () => onnxDrafter(draft);
    const policies = flags.policies ?? ["strict", "judi"];
    const report = await remote({
      ...{ roundTrips: flags.roundTrips, lengths: flags.lengths, maxTokens: flags.maxTokens },
      prompts: builtInProblems(flags.problems, 7).map(({ question }) =>
        writer.write([{ role: "user", content: question }]),
      ),
      rules: policies.map((policy) => ({
        label: typeof policy === "string" ? policy : JSON.stringify(policy),
        verifier: () => registry.create(policy),
      })),
      here: target,
      away: (roundTrip) =>
        remoteModel({
          ...{ engine: "lenity", url: "http://127.0.0.1", tokens: target, eos: target.eos },
          fetch: async (request) => {
            await pause(roundTrip);
            return app.fetch(request);
          },
        }),
      drafter,
      adapted: ({ wire }) => pacedDrafter(eagerDrafter(drafter()), wire),
    });
    print(remoteTable(report));
    await saveJson(flags.out, report);
  } finally {
    await models.close();
  }
}

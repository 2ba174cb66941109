/** A verifier for tests: speculative sampling that waits after a few tokens until the file in HELD_UNTIL exists. */
import { existsSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { sd, type Verifier, type VerifierPlugin, verifierPlugin } from "@lenity/core";
import * as v from "valibot";

function held(): Verifier {
  const strict = sd();
  return {
    ...strict,
    name: "held",
    async verify(round) {
      const begins = round.context.length < round.promptLength + 6;
      while (!begins && !existsSync(process.env["HELD_UNTIL"] ?? "")) await pause(5);
      return strict.verify(round);
    },
  };
}

const plugin: VerifierPlugin = verifierPlugin({
  name: "held",
  summary: "Waits after a few tokens.",
  schema: v.strictObject({}),
  create: held,
});
export default plugin;

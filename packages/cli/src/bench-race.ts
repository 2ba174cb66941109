import { mkdir, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { type BenchProblem, builtInProblems } from "@lenity/bench/problems";
import {
  chooseLanes,
  compareTexts,
  findPeers,
  type KeptTurns,
  type RaceReport,
  race,
  raceRows,
  raceTable,
  textsTable,
  thisMachine,
  weightsFor,
} from "@lenity/bench/race";
import { chatWriter } from "@lenity/chat";
import { LenityError } from "@lenity/core";
import { keptAnswers } from "./kept-answers.ts";
import { loadModels } from "./load-models.ts";
import { checkSave, note, print, saveJson } from "./output.ts";
import { withProgress } from "./progress.ts";

export interface RaceFlags {
  readonly lanes?: readonly string[] | undefined;
  readonly problems?: number | undefined;
  readonly chunk?: number | undefined;
  readonly maxTokens: number;
  readonly folder: string;
  readonly quick?: boolean | undefined;
  readonly resume?: boolean | undefined;
  readonly out: string;
}

/** `lenity bench race`: the built-in pair here and in other programs, which are installed into `--folder`. */
export async function benchRace(flags: RaceFlags): Promise<void> {
  const { quick = false, maxTokens } = flags;
  const { problems = quick ? 2 : 60, chunk = quick ? 1 : 10 } = flags;
  const lanes = chooseLanes(flags.lanes, quick);
  if (lanes.length === 0)
    throw new LenityError("invalid_request", `No lane has ${flags.lanes?.join(" or ")} in its name.`);
  await checkSave(flags.out);
  const folder = resolve(flags.folder);
  await mkdir(folder, { recursive: true });
  const peers = await findPeers(folder, !quick && lanes.some(({ engine }) => engine !== "lenity"));
  const machine = thisMachine();
  const packages = peers.found.map((peer) => peer.package);
  const kept = await keptOf(flags, { commit: machine.commit?.replace("+", ""), packages, problems, chunk, maxTokens });
  const models = await loadModels({}, "messages");
  try {
    const writer = chatWriter(models);
    const { target } = models;
    const prompt = ({ question }: { readonly question: string }) => writer.write([{ role: "user", content: question }]);
    const asked = builtInProblems(problems, 7);
    const prompts = asked.map(prompt);
    const result = await withProgress("turns", (progress) =>
      race({
        ...{ lanes, peers, prompts, chunk, maxTokens, kept, progress },
        weights: (lane) => weightsFor(lane, join(folder, "weights")),
        warmUp: builtInProblems(quick ? 1 : 4, 8).map(prompt),
        ...{ eos: target.eos, control: [...writer.control], context: target.contextLength },
      }),
    );
    for (const { lane, reason } of result.missing) note(`lenity: ${lane} is missing: ${reason}`);
    const rows = await raceRows(result, (problem, tokens) =>
      (asked[problem] as BenchProblem).check(models.tokenizer.decode(tokens)),
    );
    const texts = await compareTexts(result.results, prompts, target);
    const { missing } = result;
    const report: RaceReport = { machine, problems, chunk, maxTokens, peers: packages, rows, missing, texts };
    print([raceTable(report), ...(texts.length === 0 ? [] : ["", textsTable(report)])].join("\n"));
    await saveJson(flags.out, report);
    await kept.remove();
  } finally {
    await models.close();
  }
}

/** The turns so far: with --resume those of a run with the same settings that was ended, else none. */
async function keptOf({ out, resume }: RaceFlags, settings: unknown): Promise<KeptTurns & { remove(): Promise<void> }> {
  const file = `${out}.turns.jsonl`;
  if (resume !== true) await rm(file, { force: true });
  return keptAnswers(file, settings);
}

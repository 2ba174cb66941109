import { headKinds } from "@lenity/train";
import type { Command } from "commander";
import { judgeEval } from "./judge-eval.ts";
import { judgeFit } from "./judge-fit.ts";
import { judgeLabel } from "./judge-label.ts";
import { filled, hiddenKind, list, number, oneOf, whole } from "./options.ts";
import { answerHelp, pair } from "./shared-flags.ts";

const labelHelp = `
A prompt is a JSON object on a line of its own, such as
  {"question": "What is 2 + 3?", "answer": "5", "group": "sums"}
--spans reads the texts "right" and "wrong", each one text or a list of them.
--mining compares with "answer", or else with the target's own answer.

If the label file exists, the run goes on where an earlier one with the same
settings stopped.`;

/** Adds `lenity judge` and its commands. */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: one list of commands and flags.
export function judgeCommands(lenity: Command): void {
  const judge = lenity.command("judge").description("train a judge for a pair of models");
  pair(judge.command("label"))
    .description("label tokens that a judge may accept or must reject, with one of --spans, --mining and --self")
    .requiredOption("--prompts <file>", "prompts to label, as JSON lines", filled)
    .option("--spans", "label right and wrong answers up to the first error, as for Judge Decoding")
    .option("--mining", "search for the draft's tokens that change the result, as for AutoJudge")
    .option("--self", "score the draft's tokens by the target alone, as for SelfJudge")
    .option("--out <file>", "label file", filled, "labels.jsonl")
    .option("--limit <n>", "label only the first n prompts (default: all)", whole(1))
    .option("--after <n>", "--spans: label n tokens after the first error too, as to reject (default: 0)", whole(0))
    .option("--answer <check>", `--mining: ${answerHelp}`, filled)
    .option("--suffix <n>", "--self: how many of the tokens that follow count (default: 20)", whole(0))
    .option("--tau <s>", "--self: accept above this score, in nats (default: -1.4)", number(-1e6, 1e6))
    .option(
      "--tau-from <file>",
      "--self: choose τ so that it rejects 90 % of what --mining rejected in this file",
      filled,
    )
    .option("--max-tokens <n>", "--mining, --self: most tokens of an answer (default: 512)", whole(1))
    .addHelpText("after", labelHelp)
    .action(judgeLabel);
  pair(judge.command("fit"))
    .description("train a head on labelled tokens, and choose its decay and threshold on a fifth of the prompts")
    .argument("<labels...>", "label files")
    .option("--head <kind>", "the verifier to train it for: judge or autojudge", oneOf(headKinds), "judge")
    .option(
      "--features <whose>",
      "hidden states to read: target, draft or both",
      oneOf(["target", "draft", "both"]),
      "target",
    )
    .option(
      "--hidden <kind>",
      "pre-norm, post-norm, layer-N or layer-N-norm (default: pre-norm; for autojudge post-norm)",
      hiddenKind,
    )
    .option("--draft-hidden <kind>", "the same for the draft (default: --hidden)", hiddenKind)
    .option(
      "--recall <share>",
      "share of the tokens to reject that the preset's threshold rejects",
      number(0.01, 1),
      0.95,
    )
    .option("--decays <n...>", "L2 decays to try (default: 1 0.1 0.01 0.001 0.0001)", list(number(0, 1e6)))
    .option(
      "--wrong-weight <n>",
      "weight of all tokens to reject, relative to that of all fine ones",
      number(1e-6, 1e6),
      1,
    )
    .option("--agreed-weight <n>", "weight of a token that the target would choose itself", number(0, 1), 0.1)
    .option("--seed <n>", "which fifth of the prompts is for validation", whole(0), 1)
    .option("--out <file>", "file for the head (default: judge.json or autojudge.json)", filled)
    .option("--json", "print one JSON object")
    .action(judgeFit);
  pair(judge.command("eval"))
    .description("measure a head on labelled tokens that it was not trained on")
    .argument("<head>", "the head's file")
    .argument("<labels...>", "label files")
    .option(
      "--thresholds <t...>",
      "thresholds to show besides the preset's (default: 0.05 0.1 0.25 0.5 0.75 0.9 0.95)",
      list(number(0, 1)),
    )
    .option("--keep <file>", "keep what has been read in this file until the end, so that an ended run goes on", filled)
    .option("--json", "print one JSON object")
    .action(judgeEval);
}

/** The flags that several commands share. */
import type { Command } from "commander";
import { device, draftTokens, dtype, filled, list, number, temperature, whole } from "./options.ts";

export const deviceHelp =
  "where the models run: auto, cpu, webgpu, cuda, dml or coreml (default: cpu, the only one that is exact to the bit)";

export const contextHelp =
  "maximum tokens of prompt and answer together (default: what the model's folder says, else 2048)";

/** Adds the options that choose the models. */
export const pair = (command: Command): Command =>
  command
    .option(
      "--model <model>",
      "the target: a Hugging Face folder with an ONNX file, or ORG/NAME on the hub (default: the built-in pair)",
      filled,
    )
    .option("--draft <model>", "the draft model (default: the built-in one; with --model, prompt lookup)", filled)
    .option(
      "--dtype <dtype>",
      "variant of the target's ONNX file, such as fp16 or q4 (default: fp32, or the only one)",
      dtype,
    )
    .option(
      "--draft-dtype <dtype>",
      "variant of the draft's ONNX file (default: --dtype if the draft has it, or its only one)",
      dtype,
    )
    .option("--file <path>", "the target's ONNX file within its folder, instead of a variant", filled)
    .option("--device <device>", deviceHelp, device)
    .option("--context <n>", contextHelp, whole(2));

/** Adds the options of commands that also need policies. */
export const models = (command: Command): Command =>
  pair(command)
    .option("--judge <file>", "file with a judge head (default: judge.json in the target's folder)", filled)
    .option("--presets <file>", "file with a preset, as calibrate writes it; may be repeated", list(filled))
    .option("--plugin <module>", "module with verifiers of your own; may be repeated", list(filled));

/** Adds the options of commands whose target may run elsewhere. */
export const elsewhere = (command: Command): Command =>
  command
    .option(
      "--target <address>",
      "a target that runs elsewhere, as in sglang+http://host:30000 (or vllm+, oip+, lenity+); --model is then the folder of its tokenizer",
      filled,
    )
    .option("--target-model <name>", "its name there (default: the one that the engine serves first)", filled);

export const folders = "default: the model's generation_config.json, else";

/** Adds the options that say how answers are drafted and sampled. */
export const decoding = (command: Command): Command =>
  command
    .option(
      "--draft-tokens <k>",
      "tokens to draft at a time, or auto, which chooses; 0 decodes without a draft (default: auto)",
      draftTokens,
    )
    .option("--drafter <name>", "model or lookup (default: model if there is a draft model)")
    .option("--temperature <t>", `0 is greedy (${folders} 0)`, temperature)
    .option("--top-k <k>", `sample from the k most probable tokens; 0 is all (${folders} 0)`, whole(0))
    .option(
      "--top-p <p>",
      `sample from the most probable tokens up to this total probability (${folders} 1)`,
      number(0, 1),
    )
    .option("--min-p <p>", `drop tokens below this fraction of the highest probability (${folders} 0)`, number(0, 1));

export const answerHelp =
  "when an answer is right: number, exact, regex, regex:PATTERN, or a module with a function of text and prompt (default: number)";

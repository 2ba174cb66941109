import { clocks, deviceKinds, peerEngines, shapeNames, sizeKinds } from "@lenity/bench/sizes";
import { pairWeights } from "@lenity/bench/webgpu";
import {
  activationKinds,
  attentionForms,
  cacheTypes,
  computeKinds,
  devices,
  endKinds,
  outputKinds,
  weightKinds,
} from "@lenity/onnx";
import { headKinds, lossKinds } from "@lenity/train";
import { Command } from "commander";
import { benchCache, benchEvidence, benchGrammar, benchSizes, benchThreads, benchVerify } from "./bench.ts";
import { benchHostile } from "./bench-hostile.ts";
import { benchLoad } from "./bench-load.ts";
import { benchMany } from "./bench-many.ts";
import { benchQuality } from "./bench-quality.ts";
import { benchRace } from "./bench-race.ts";
import { benchRemote } from "./bench-remote.ts";
import { benchRound } from "./bench-round.ts";
import { benchWebgpu, webgpuParts } from "./bench-webgpu.ts";
import { calibrateCommand } from "./calibrate.ts";
import { chat } from "./chat/chat.ts";
import { complete } from "./complete.ts";
import { exportModel } from "./export.ts";
import { inspect } from "./inspect.ts";
import { judgeEval } from "./judge-eval.ts";
import { judgeFit } from "./judge-fit.ts";
import { judgeLabel } from "./judge-label.ts";
import {
  blockSize,
  device,
  draftTokens,
  dtype,
  filled,
  hiddenKind,
  list,
  number,
  oneOf,
  policy,
  seed,
  temperature,
  whole,
} from "./options.ts";
import { policies } from "./policies.ts";
import { pull } from "./pull.ts";
import { serve } from "./serve.ts";

const deviceHelp =
  "where the models run: auto, cpu, webgpu, cuda, dml or coreml (default: cpu, the only one that is exact to the bit)";

const contextHelp = "maximum tokens of prompt and answer together (default: what the model's folder says, else 2048)";

/** Adds the options that choose the models. */
const pair = (command: Command): Command =>
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
const models = (command: Command): Command =>
  pair(command)
    .option("--judge <file>", "file with a judge head (default: judge.json in the target's folder)", filled)
    .option("--presets <file>", "file with a preset, as calibrate writes it; may be repeated", list(filled))
    .option("--plugin <module>", "module with verifiers of your own; may be repeated", list(filled));

/** Adds the options of commands whose target may run elsewhere. */
const elsewhere = (command: Command): Command =>
  command
    .option(
      "--target <address>",
      "a target that runs elsewhere, as in sglang+http://host:30000 (or vllm+, oip+, lenity+); --model is then the folder of its tokenizer",
      filled,
    )
    .option("--target-model <name>", "its name there (default: the one that the engine serves first)", filled);

const folders = "default: the model's generation_config.json, else";

/** Adds the options that say how answers are drafted and sampled. */
const decoding = (command: Command): Command =>
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

/** Adds the options of commands that print an answer. */
const answers = (command: Command): Command =>
  decoding(
    elsewhere(models(command)).option(
      "--policy <policy>",
      "a preset (strict, judi, judge, …) or a policy in JSON",
      policy,
      "strict",
    ),
  )
    .option("--block-exact", "without a draft: compute each token as verification does, for the same text")
    .option("--seed <n>", "the same seed gives the same answer", seed, 0)
    .option("--max-tokens <n>", "maximum tokens to generate", whole(0))
    .option("--stop <text...>", "end the answer at any of these strings")
    .option("--json", "print a JSON object for each answer")
    .option("--trace", "show who accepted each token");

const environmentHelp = `
An interrupted download resumes where it stopped. Every file is checked against
the hash that the hub gives.

Environment variables, as in Hugging Face's own tools:
  HF_HUB_CACHE, HF_HOME   location of the cache
                          (default: ~/.cache/huggingface/hub)
  HF_TOKEN                token for gated and private models
                          (default: the one that hf auth login stored)
  HF_ENDPOINT             another hub (default: https://huggingface.co)
  HF_HUB_OFFLINE=1        use only the cache`;

const answerHelp =
  "when an answer is right: number, exact, regex, regex:PATTERN, or a module with a function of text and prompt (default: number)";

const calibrateHelp = `
A prompt is a JSON object on a line of its own, such as
  {"question": "What is 2 + 3?", "answer": "5"}
The values are tested from strict to loose, each at level delta, and the first
that fails ends the search (Learn then Test, arXiv 2110.01052). The exit status
is 1 if none passes.`;

const labelHelp = `
A prompt is a JSON object on a line of its own, such as
  {"question": "What is 2 + 3?", "answer": "5", "group": "sums"}
--spans reads the texts "right" and "wrong", each one text or a list of them.
--mining compares with "answer", or else with the target's own answer.

If the label file exists, the run goes on where an earlier one with the same
settings stopped.`;

const serveHelp = `
Every setting can also be given in a JSON file (--config), as
{"max_tokens": 100}, or in the environment, as LENITY_MAX_TOKENS=100; lists are
api_keys, allowed_hosts, cors_origins, presets and plugins. Flags win over the
environment, and that wins over the file. Keys in flags are seen by all users of
the machine: use a file of keys (--keys) or LENITY_API_KEYS. A file of keys is a
JSON array of keys, or of objects such as
{"key": "…", "name": "team", "policies": ["strict"]}.`;

/** Adds the options of `lenity serve`. They have no defaults, as settings come from elsewhere too (serve-settings.ts). */
const serveOptions = (command: Command): Command =>
  command
    .description("serve an OpenAI-compatible chat API")
    .option("--config <file>", "JSON file with settings", filled)
    .option("--host <host>", "address to listen on (default: 127.0.0.1)", filled)
    .option("--port <port>", "port to listen on; 0 picks a free one (default: 8080)", whole(0, 65535))
    .option("--public", "serve on an address beyond this machine although there is no key")
    .option("--policy <policy>", "policy for requests that do not set one (default: strict)", policy)
    .option("--policies <names...>", "presets and verifiers that requests may use (default: all)", list(filled))
    .option(
      "--draft-tokens <k>",
      "block length for requests that do not set one, or auto, which chooses (default: auto)",
      draftTokens,
    )
    .option("--max-draft-tokens <k>", "longest block that a request may ask for (default: 1024)", whole(0, 1024))
    .option("--max-tokens <n>", "most tokens of an answer (default: what the context has room for)", whole(1))
    .option(
      "--engines <n>",
      "copies of the models, each with its own memory; for more throughput, up to the number of cores (default: 1)",
      whole(1, 64),
    )
    .option(
      "--concurrency <n>",
      "answers at a time, which take turns (default: as many as have room in memory, at most 64 per engine)",
      whole(1),
    )
    .option("--queue <n>", "requests that may wait for a place; further ones get status 429 (default: 64)", whole(0))
    .option("--cache-bytes <n>", "memory for kept prompts, per engine and model (default: 256 MiB)", whole(0))
    .option("--body-bytes <n>", "largest body of a request (default: 4 MiB)", whole(1))
    .option("--body-timeout <ms>", "time for a body to arrive (default: 60000)", whole(1))
    .option("--answer-timeout <ms>", "time for an answer, waiting included (default: no limit)", whole(1))
    .option("--grace <ms>", "time for open answers when the server ends (default: 5000)", whole(0))
    .option("--keys <file>", "JSON file with the bearer keys to accept", filled)
    .option("--api-key <key...>", "accept these bearer keys, which other users of the machine can see", list(filled))
    .option(
      "--share-cache",
      "share cached prompts between API keys: faster, but a key can find out what others have asked",
    )
    .option(
      "--allowed-host <name...>",
      "host names to answer to besides localhost; needed only on a loopback --host without a key",
      list(filled),
    )
    .option("--cors-origin <origin...>", "origins of web pages that may read responses, or *", list(filled))
    .option("--access-log", "log requests and answers as JSON lines, without their text");

/** The whole command line. */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: one list of commands and flags.
export function program(): Command {
  const lenity = new Command("lenity")
    .description("Speculative decoding in which each request chooses how strictly the target checks the draft.")
    .showHelpAfterError("(run lenity --help for a list of commands)")
    .addHelpText("after", "\nEnvironment variables:\n  LENITY_STACK=1   print a stack trace with an error");

  answers(lenity.command("chat"))
    .description("answer a question, or hold a conversation, in which /help lists the commands")
    .argument("[question]", "the question (default: each line of standard input, or a conversation at a terminal)")
    .option("--system <text>", "a system message")
    .action(chat);

  answers(lenity.command("complete"))
    .description("continue a text without a chat template, as base models do")
    .argument(
      "[text]",
      "the text to continue (default: standard input without a final line break, or line by line at a terminal)",
    )
    .action(complete);

  serveOptions(elsewhere(models(lenity.command("serve"))))
    .addHelpText("after", serveHelp)
    .action(serve);

  lenity
    .command("inspect")
    .description("show what a model folder holds and which policies it supports")
    .argument("<model>", "a Hugging Face folder with an ONNX file, or ORG/NAME on the hub")
    .option("--dtype <dtype>", "variant of the ONNX file, such as fp16 or q4", dtype)
    .option("--file <path>", "the ONNX file within the folder, instead of a variant")
    .option("--device <device>", "where to run it: auto, cpu, webgpu, cuda, dml or coreml (default: cpu)", device)
    .option("--context <n>", contextHelp, whole(2))
    .option("--json", "print one JSON object")
    .action(inspect);

  lenity
    .command("export")
    .description("convert safetensors of a Llama, Mistral, Qwen2 or Qwen3 model to ONNX")
    .argument("<model>", "a Hugging Face folder with config.json and safetensors, or ORG/NAME on the hub")
    .option("--weights <kind>", "type of the weights: float16, float32, int8 or int4", oneOf(weightKinds), "float16")
    .option(
      "--compute <kind>",
      "what float16 weights are multiplied in: float32, or float16 for a GPU (default: float32)",
      oneOf(computeKinds),
    )
    .option(
      "--activations <kind>",
      "how int8 scales activations: mix, static or per-row (default: mix)",
      oneOf(activationKinds),
    )
    .option(
      "--calibration <file>",
      "text like what the model will see, for int4, int8 with mix or static, and int8 caches (the first million characters are used)",
    )
    .option("--block-size <n>", "int4: weights that share a scale: 32, 64 or 128 (default: 32)", blockSize)
    .option("--zero-points", "int4: give each block a zero point, too")
    .option(
      "--head <kind>",
      "int4: the output matrix: int8 (default), int8-blocks, int4 or float16",
      oneOf(outputKinds),
    )
    .option("--embedding <kind>", "int4: the embedding: int4, int8 or float16 (default: float16)", oneOf(endKinds))
    .option(
      "--attention <form>",
      "gqa, or split for long contexts (default: gqa up to 1024 tokens, and with --drafter)",
      oneOf(attentionForms),
    )
    .option(
      "--cache-type <kind>",
      "type of the cached keys and values: float32, or int8 (lossy; for long contexts; needs --calibration) (default: float32)",
      oneOf(cacheTypes),
    )
    .option("--drafter", "also write a drafter file, with which a draft model drafts a whole round in one call")
    .option(
      "--file <path>",
      "output file within the folder (default: onnx/model.onnx, model_int8.onnx or model_q4.onnx)",
    )
    .option("--json", "print one JSON object")
    .action(exportModel);

  lenity
    .command("pull")
    .description(
      "download a model from the Hugging Face hub into the cache of Hugging Face's tools, and print its folder",
    )
    .argument("<model>", "ORG/NAME on the hub")
    .option("--dtype <dtype>", "variant of the ONNX file, such as fp16 or q4 (default: fp32, or the only one)", dtype)
    .option("--file <path>", "the ONNX file, instead of a variant")
    .option("--weights", "download safetensors (for lenity export) instead of an ONNX file")
    .option("--revision <revision>", "a branch, a tag or a commit (default: main)")
    .option("--dry-run", "list the files and their sizes without downloading them")
    .option("--json", "print one JSON object")
    .addHelpText("after", environmentHelp)
    .action(pull);

  models(lenity.command("policies"))
    .description("list every preset and verifier with its options, law, needs and strict value")
    .option("--json", "print one JSON object, with options as JSON Schema")
    .option("--markdown", "print the verifiers as a Markdown table")
    .action(policies);

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

  decoding(
    models(lenity.command("calibrate"))
      .description("find the loosest value of a policy's parameter whose loss is bounded with confidence")
      .requiredOption("--prompts <file>", "prompts like those to come, as JSON lines", filled)
      .requiredOption("--policy <policy>", "a preset or a policy in JSON with one value to find", policy)
      .option("--parameter <path>", "option to find a value for (default: the policy's only main parameter)", filled)
      .option(
        "--values <v...>",
        "values to test, fixed before any answer was seen (default: those of the rule)",
        list(number(-1e9, 1e9)),
      )
      .option("--alpha <share>", "highest expected loss", number(1e-6, 1 - 1e-6), 0.05)
      .option("--delta <share>", "probability that it is higher all the same", number(1e-9, 1 - 1e-6), 0.1)
      .option(
        "--loss <kind>",
        "wrong: wrong answers; changed: other results than strict's; drop: wrong where strict is right",
        oneOf(lossKinds),
        "wrong",
      )
      .option("--answer <check>", answerHelp, filled)
      .option("--limit <n>", "use only the first n prompts (default: all)", whole(1)),
  )
    .option("--seed <n>", "seed of the first prompt; each next one's is one higher", whole(0), 0)
    .option("--max-tokens <n>", "most tokens of an answer", whole(1), 512)
    .option("--name <name>", "name of the preset", filled, "calibrated")
    .option("--out <file>", "file for the preset", filled, "calibrated.json")
    .option("--json", "print one JSON object")
    .addHelpText("after", calibrateHelp)
    .action(calibrateCommand);

  const bench = lenity.command("bench").description("run a benchmark and print a table");
  models(bench.command("quality"))
    .description("accuracy, tokens per pass and speed of each policy on held-out problems, or on your prompts")
    .option("--prompts <file>", "prompts to answer, as JSON lines (default: problems of the built-in pair)", filled)
    .option("--answer <check>", `--prompts: ${answerHelp}`, filled)
    .option(
      "--policies <list...>",
      "presets or policies in JSON (default: strict, judi, and judge and autojudge if the model has their heads)",
      list(policy),
    )
    .option("--problems <n>", "how many problems or prompts (default: 200 problems, or all prompts)", whole(1))
    .option("--sampled", "compare sd, block and coupled, at temperature 1 with blocks of 8")
    .option(
      "--draft-tokens <k>",
      "fixed blocks, of so many tokens for policies whose preset has no number (default: chosen; with --sampled 8)",
      whole(1, 1024),
    )
    .option("--temperature <t>", "0 is greedy (default: 0)", number(0, 100))
    .option("--max-tokens <n>", "most tokens of an answer", whole(1), 512)
    .option("--seed <n>", "which built-in problems to use", whole(0), 1)
    .option("--out <file>", "file for the JSON (default: quality.json or quality-sampled.json in bench/results)")
    .option("--resume", "go on with the answers of a run with the same settings that was ended")
    .action(benchQuality);
  models(bench.command("verify"))
    .description("the cost of one verdict of each verifier, compared with copying the same rows once")
    .option("--vocabularies <n...>", "vocabulary sizes (default: 4096 32000 128256 151936)", list(whole(2, 1e7)))
    .option("--draft-tokens <k>", "drafted tokens per block", whole(1, 1024), 25)
    .option("--repeats <n>", "verdicts of each verifier", whole(1), 9)
    .option("--out <file>", "file for the JSON", "bench/results/verify.json")
    .action(benchVerify);
  bench
    .command("cache")
    .description("the cost of a step as the text grows, for each way of keeping the cache")
    .option("--contexts <n...>", "text lengths after the step, in tokens (default: 256 1024 4096)", list(whole(2)))
    .option("--blocks <n...>", "tokens per step (default: 1 8 17)", list(whole(1, 255)))
    .option("--layers <n>", "layers of the random model", whole(1, 1000), 4)
    .option("--width <n>", "width of the random model, a multiple of 128", whole(128, 16384), 256)
    .option("--threads <n>", "threads (default: as for loading a model)", whole(1, 1024))
    .option("--turns <n>", "turns per layout, of three steps each", whole(1), 12)
    .option("--out <file>", "file for the JSON", "bench/results/cache.json")
    .action(benchCache);
  bench
    .command("evidence")
    .description("what is saved by computing the numbers of a block where its logits are")
    .option("--vocabularies <n...>", "vocabulary sizes (default: 32000 151936)", list(whole(2, 1e7)))
    .option("--device <device>", "a single device (default: the CPU, and WebGPU if available)", device)
    .option("--draft-tokens <k>", "drafted tokens per block", whole(1, 1024), 15)
    .option("--repeats <n>", "rounds per setting", whole(1), 15)
    .option("--out <file>", "file for the JSON", "bench/results/evidence.json")
    .action(benchEvidence);
  bench
    .command("grammar")
    .description("the cost of a grammar: compiling it, and the masks of an answer, the first time and again")
    .option("--vocabularies <n...>", "vocabulary sizes (default: 32000 151936)", list(whole(1000, 1e6)))
    .option("--tokens <n>", "the most tokens of an answer", whole(1), 200)
    .option("--answers <n>", "answers of each grammar", whole(1), 5)
    .option("--out <file>", "file for the JSON", "bench/results/grammar.json")
    .action(benchGrammar);
  models(bench.command("hostile"))
    .description(
      "whether auto is slower than plain decoding or the best block length, on prompts that suit the draft or do not",
    )
    .option("--policies <list...>", "presets or policies in JSON (default: strict, judi, and judge)", list(policy))
    .option("--lengths <k...>", "block lengths to compare with (default: 4 8 16)", list(whole(1, 1024)))
    .option("--problems <n>", "how many problems, and at most so many hostile prompts", whole(1), 9)
    .option("--max-tokens <n>", "most tokens of an answer", whole(1), 120)
    .option("--turns <n>", "how often everything is answered", whole(1), 4)
    .option("--out <file>", "file for the JSON", "bench/results/hostile.json")
    .action(benchHostile);
  bench
    .command("remote")
    .description("what distance costs: tokens a second with the target behind a simulated round trip")
    .option("--round-trips <ms...>", "milliseconds added to each call (default: 1 10 50 150)", list(number(0, 10_000)))
    .option("--lengths <k...>", "longest blocks; 0 decodes plainly (default: 0 4 8 16 32)", list(whole(0, 1024)))
    .option("--policies <list...>", "presets or policies in JSON (default: strict judi)", list(policy))
    .option("--problems <n>", "how many problems to answer", whole(1), 2)
    .option("--max-tokens <n>", "most tokens of an answer", whole(1), 60)
    .option("--out <file>", "file for the JSON", "bench/results/remote.json")
    .action(benchRemote);
  bench
    .command("race")
    .description("the built-in pair here and in llama.cpp and transformers.js, which it installs from npm")
    .option("--lanes <texts...>", "only lanes whose names contain one of these (default: all)", list(filled))
    .option("--problems <n>", "how many problems to answer (default: 60)", whole(1))
    .option("--chunk <n>", "problems of a turn (default: 10)", whole(1))
    .option("--max-tokens <n>", "most tokens of an answer", whole(1), 256)
    .option("--folder <folder>", "where the other programs and their weights are put", filled, ".cache/race")
    .option("--quick", "a few lanes and problems; installs nothing")
    .option("--out <file>", "file for the JSON", "bench/results/race.json")
    .option("--resume", "go on with the turns of a run with the same settings that was ended")
    .action(benchRace);
  bench
    .command("round")
    .description("where a round of the built-in pair spends its time, beside the same runs of ONNX Runtime alone")
    .option("--policies <list...>", "presets or policies in JSON besides plain (default: strict judi)", list(policy))
    .option("--threads <n>", "threads of the target (default: as for loading a model)", whole(1, 1024))
    .option("--problems <n>", "how many problems to answer (default: 6)", whole(1))
    .option("--turns <n>", "how often each setting is loaded (default: 3)", whole(1))
    .option("--max-tokens <n>", "most tokens of an answer", whole(2), 256)
    .option("--folder <folder>", "where the int8 weights are put", filled, ".cache/race")
    .option("--quick", "float32 only, on one problem")
    .option("--out <file>", "file for the JSON", "bench/results/round.json")
    .action(benchRound);
  bench
    .command("sizes")
    .description("steps, blocks and prompts at realistic sizes: random weights in float32, int8 and int4")
    .option("--shapes <names...>", "shapes of published models", list(oneOf(shapeNames)), ["smollm2-135m"])
    .option("--weights <kinds...>", "ways to store the weights (default: all)", list(oneOf(sizeKinds)))
    .option("--attention <form>", "gqa or split (default: as the export chooses)", oneOf(attentionForms))
    .option("--contexts <n...>", "text lengths after a step, in tokens (default: 256 1024 4096)", list(whole(2)))
    .option("--blocks <n...>", "tokens per step (default: 1 2 4 8 16 25)", list(whole(1, 255)))
    .option("--prompt <n>", "tokens of a prompt", whole(1), 256)
    .option(
      "--peers <programs...>",
      "other programs to measure, installed from npm if missing",
      list(oneOf(peerEngines)),
    )
    .option("--peers-folder <dir>", "where they are, or are installed", filled, ".cache/race")
    .option("--resume", "keep the figures that --out has of the same settings, and measure only what it lacks")
    .option("--threads <n>", "threads (default: as for loading a model)", whole(1, 1024))
    .option("--clock <clock>", "wall, or processor: steady on a busy machine, with one thread", oneOf(clocks), "wall")
    .option("--turns <n>", "turns per file, of three steps each", whole(1), 6)
    .option("--quick", "a tiny shape, to try the command")
    .option("--folder <dir>", "where the models are, or are written", filled, ".cache/sizes")
    .option("--out <file>", "file for the JSON", "bench/results/sizes.json")
    .action(benchSizes);
  bench
    .command("webgpu")
    .description("a GPU beside the CPU: scores, texts and speed of the built-in pair, and steps of realistic shapes")
    .option("--only <parts...>", "pair or shapes; the other stays in the file as it is", list(oneOf(webgpuParts)))
    .option("--device <device>", "the device to compare with the CPU", oneOf(devices), "webgpu")
    .option("--pair-weights <kind>", "how the pair's weights are stored", oneOf(pairWeights), "float16")
    .option("--policies <list...>", "presets or policies in JSON besides plain (default: strict judi)", list(policy))
    .option("--problems <n>", "how many problems the pair answers", whole(1), 20)
    .option("--max-tokens <n>", "most tokens of an answer", whole(2), 256)
    .option("--seconds <n>", "after so long the pair gets no more problems", number(1, 1e5), 120)
    .option("--shapes <names...>", "shapes of published models (default: llama-3.2-1b)", list(oneOf(shapeNames)))
    .option("--weights <kinds...>", "ways to store their weights (default: float16)", list(oneOf(deviceKinds)))
    .option("--contexts <n...>", "text lengths after a step, in tokens (default: 256 1024 4096)", list(whole(2)))
    .option("--blocks <n...>", "tokens per step (default: 1 4 8 16 25; the pair: 1 to 25)", list(whole(1, 255)))
    .option("--prompt <n>", "tokens of a prompt", whole(1), 256)
    .option("--turns <n>", "turns per file, of three steps each, and of the problems", whole(1), 6)
    .option("--threads <n>", "threads of the CPU (default: as for loading a model)", whole(1, 1024))
    .option("--quick", "a tiny shape, to try the command")
    .option("--folder <dir>", "where models are, or are written", filled, ".cache/sizes")
    .option("--out <file>", "file for the JSON", "bench/results/webgpu.json")
    .action(benchWebgpu);
  models(bench.command("load"))
    .description("a server under load: tokens per second, time to the first token, and how long others wait")
    .option("--url <url>", "a server that runs already (default: one of its own, of the models)", filled)
    .option("--streams <n...>", "clients at a time (default: 1 4 16 64)", list(whole(1, 1000)))
    .option("--concurrency <n>", "answers at a time of its own server (default: as lenity serve)", whole(1))
    .option("--seconds <n>", "seconds for each number of clients", number(0.1, 3600), 5)
    .option("--out <file>", "file for the JSON", "bench/results/load.json")
    .action(benchLoad);
  models(bench.command("many"))
    .description("requests at once against one after another, and how long a short one waits behind long ones")
    .option("--url <url>", "a server that runs already (default: one of its own, of the models)", filled)
    .option("--policies <list...>", "presets, and plain", ["plain", "strict", "judi", "judge"])
    .option(
      "--streams <n...>",
      "clients at a time, the first number for one alone (default: 1 4 16)",
      list(whole(1, 1000)),
    )
    .option("--concurrency <n>", "answers at a time of its own server (default: as lenity serve)", whole(1))
    .option("--seconds <n>", "seconds for each figure", number(0.1, 3600), 6)
    .option("--out <file>", "file for the JSON", "bench/results/many.json")
    .action(benchMany);
  models(bench.command("threads"))
    .description("the cost of a round with several numbers of threads for the two models")
    .option("--draft-tokens <k>", "drafted tokens per round", whole(1, 1024), 16)
    .option("--turns <n>", "how often each setting is loaded", whole(1), 4)
    .option("--repeats <n>", "rounds per turn", whole(1), 25)
    .option("--out <file>", "file for the JSON", "bench/results/threads.json")
    .action(benchThreads);
  return lenity;
}

import {
  activationKinds,
  attentionForms,
  cacheTypes,
  computeKinds,
  endKinds,
  outputKinds,
  weightKinds,
} from "@lenity/onnx";
import { lossKinds } from "@lenity/train";
import { Command } from "commander";
import { benchCommands } from "./bench-commands.ts";
import { calibrateCommand } from "./calibrate.ts";
import { chat } from "./chat/chat.ts";
import { complete } from "./complete.ts";
import { exportModel } from "./export.ts";
import { inspect } from "./inspect.ts";
import { judgeCommands } from "./judge-commands.ts";
import { blockSize, device, draftTokens, dtype, filled, list, number, oneOf, policy, seed, whole } from "./options.ts";
import { policies } from "./policies.ts";
import { pull } from "./pull.ts";
import { serve } from "./serve.ts";
import { answerHelp, contextHelp, decoding, elsewhere, models } from "./shared-flags.ts";

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

const calibrateHelp = `
A prompt is a JSON object on a line of its own, such as
  {"question": "What is 2 + 3?", "answer": "5"}
The values are tested from strict to loose, each at level delta, and the first
that fails ends the search (Learn then Test, arXiv 2110.01052). The exit status
is 1 if none passes.`;

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

  judgeCommands(lenity);

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

  benchCommands(lenity);
  return lenity;
}

import { activationKinds, attentionForms, weightKinds } from "@lenity/onnx";
import { Command } from "commander";
import { benchCache, benchEvidence, benchQuality, benchThreads, benchVerify } from "./bench.ts";
import { chat } from "./chat.ts";
import { complete } from "./complete.ts";
import { exportModel } from "./export.ts";
import { inspect } from "./inspect.ts";
import { device, dtype, filled, list, number, oneOf, policy, whole } from "./options.ts";
import { policies } from "./policies.ts";
import { pull } from "./pull.ts";
import { serve } from "./serve.ts";

const deviceHelp = "where the models compute: auto, cpu, webgpu, cuda, dml or coreml (default: cpu, the only one exact to the bit)";

const contextHelp = "the most tokens of prompt and answer (default: what the target's folder says, or 2048 where no file does)";

const models = (command: Command): Command =>
  command
    .option(
      "--model <model>",
      "the target: a Hugging Face folder with an ONNX file, or ORG/NAME on the hub (default: the embedded pair)",
      filled,
    )
    .option("--draft <model>", "the draft model (default: the embedded one, or prompt lookup beside a --model)", filled)
    .option("--dtype <dtype>", "the variant of the target's file, such as fp16 or q4 (default: fp32, or the only one there is)", dtype)
    .option("--draft-dtype <dtype>", "the variant of the draft's file (default: --dtype, where the draft has it, or its only one)", dtype)
    .option("--file <path>", "the target's ONNX file, within its folder, in place of a variant", filled)
    .option("--device <device>", deviceHelp, device)
    .option("--context <n>", contextHelp, whole(2))
    .option("--judge <file>", "a judge head (default: judge.json in the target's folder)", filled);

const folders = "default: as the model's generation_config.json has it, else";

/** What makes and prints an answer. */
const answers = (command: Command): Command =>
  models(command)
    .option("--policy <policy>", "a preset (strict, judi, judge) or a policy as JSON", policy, "strict")
    .option("--draft-tokens <k>", "the longest block to draft; 0 is plain decoding", whole(0, 1024))
    .option("--drafter <name>", "model or lookup")
    .option("--temperature <t>", `0 is greedy (${folders} 0)`, number(0, 100))
    .option("--top-k <k>", `keep the k most probable tokens; 0 keeps all (${folders} 0)`, whole(0))
    .option("--top-p <p>", `keep the most probable tokens up to this mass (${folders} 1)`, number(0, 1))
    .option("--min-p <p>", `keep tokens with at least this share of the highest probability (${folders} 0)`, number(0, 1))
    .option("--seed <n>", "same seed, same answer", whole(0), 0)
    .option("--max-tokens <n>", "the most tokens to emit", whole(0))
    .option("--stop <text...>", "strings that end the answer")
    .option("--json", "print one JSON object")
    .option("--trace", "tell who accepted each token");

const environmentHelp = `
A pull that was cut off goes on where it stopped. Every file is compared with the hash that the hub announces.
Environment, as for Hugging Face's own tools:
  HF_HUB_CACHE, HF_HOME   where the cache is (default: ~/.cache/huggingface/hub)
  HF_TOKEN                for gated and private models (default: what hf auth login stored)
  HF_ENDPOINT             another hub (default: https://huggingface.co)
  HF_HUB_OFFLINE=1        use the cache only`;

/** The whole command line. */
export function program(): Command {
  const lenity = new Command("lenity")
    .description("Speculative decoding in which each request chooses how strictly the target verifies the draft.")
    .showHelpAfterError("(lenity --help lists the commands)")
    .addHelpText("after", "\nEnvironment:\n  LENITY_STACK=1   show where an error arose");

  answers(lenity.command("chat"))
    .description("answer one question, or talk when none is given")
    .argument("[question]", "what to ask; read from standard input when that is no terminal")
    .option("--system <text>", "a system message")
    .action(chat);

  answers(lenity.command("complete"))
    .description("go on with a text as it stands, without a chat template: what base models do")
    .argument("[text]", "what to go on with; read from standard input when that is no terminal, but for a line break at its end")
    .action(complete);

  models(lenity.command("serve"))
    .description("serve the OpenAI-compatible chat API")
    .option("--host <host>", "the address to listen on", filled, "127.0.0.1")
    .option("--port <port>", "the port; 0 takes a free one", whole(0, 65535), 8080)
    .option("--policy <policy>", "the policy of requests that name none", policy, "strict")
    .option("--draft-tokens <k>", "the block length of requests that name none (default: the policy's own, or 16)", whole(0, 1024))
    .option(
      "--engines <n>",
      "answers at a time, up to the number of cores; each engine holds a copy of the models in memory",
      whole(1, 64),
      1,
    )
    .option("--api-key <key...>", "accept only requests with one of these bearer keys", list(filled))
    .option("--share-cache", "let prompts go on from what prompts with another key left in a cache: faster, but keys see what others asked")
    .option(
      "--allowed-host <name...>",
      "names of this server besides localhost; needed for others on a loopback --host without a key",
      list(filled),
    )
    .action(serve);

  lenity
    .command("inspect")
    .description("tell what a model folder holds and which policies it can feed")
    .argument("<model>", "a Hugging Face folder with an ONNX file, or ORG/NAME on the hub")
    .option("--dtype <dtype>", "the variant of the model files, such as fp16 or q4", dtype)
    .option("--file <path>", "the ONNX file, within the folder, in place of a variant")
    .option("--device <device>", "where to run it: auto, cpu, webgpu, cuda, dml or coreml (default: cpu)", device)
    .option("--context <n>", "the most tokens of prompt and answer (default: what the folder says, or 2048 where no file does)", whole(2))
    .option("--json", "print one JSON object")
    .action(inspect);

  lenity
    .command("export")
    .description("turn safetensors of a Llama, Mistral, Qwen2 or Qwen3 model into an ONNX file")
    .argument("<model>", "a Hugging Face folder with config.json and safetensors, or ORG/NAME on the hub")
    .option("--weights <kind>", "float16, float32 or int8", oneOf(weightKinds), "float16")
    .option("--activations <kind>", "scales of what int8 matrices read: mix, static or per-row (default: mix)", oneOf(activationKinds))
    .option(
      "--calibration <file>",
      "text of the kind that the model will see, for int8 with mix or static; its first million characters are read",
    )
    .option(
      "--attention <form>",
      "gqa, or split for long contexts (default: gqa up to 1024 tokens, and with --drafter)",
      oneOf(attentionForms),
    )
    .option("--drafter", "write a drafter file as well: a draft model with one draws a whole round in one call of the runtime")
    .option("--file <path>", "where the model goes, within the folder (default: onnx/model.onnx, or onnx/model_int8.onnx)")
    .option("--json", "print one JSON object")
    .action(exportModel);

  lenity
    .command("pull")
    .description("fetch a model from the Hugging Face hub into the cache that Hugging Face's tools share, and print its folder")
    .argument("<model>", "ORG/NAME on the hub")
    .option("--dtype <dtype>", "the variant of the model files, such as fp16 or q4 (default: fp32, or the only one there is)", dtype)
    .option("--file <path>", "the ONNX file, in place of a variant")
    .option("--weights", "fetch safetensors, for lenity export, in place of an ONNX file")
    .option("--revision <revision>", "a branch, a tag or a commit (default: main)")
    .option("--dry-run", "list the files and their sizes, and fetch nothing")
    .option("--json", "print one JSON object")
    .addHelpText("after", environmentHelp)
    .action(pull);

  models(lenity.command("policies"))
    .description("list every preset and verifier with its options, law, needs and strict value")
    .option("--json", "print one JSON object, options as JSON Schema")
    .option("--markdown", "print the verifiers as a table")
    .action(policies);

  const bench = lenity.command("bench").description("measure, and print tables");
  models(bench.command("quality"))
    .description("accuracy, tokens per pass and speed of each policy on held-out problems")
    .option(
      "--policies <list...>",
      "presets or policies as JSON (default: strict, judi, and judge and autojudge where there is a head)",
      list(policy),
    )
    .option("--problems <n>", "held-out problems", whole(1), 200)
    .option("--draft-tokens <k>", "block length of policies whose preset names none", whole(1, 1024), 16)
    .option("--temperature <t>", "0 is greedy", number(0, 100), 0)
    .option("--seed <n>", "which problems", whole(0), 1)
    .option("--out <file>", "where the JSON goes", "bench/results/quality.json")
    .action(benchQuality);
  models(bench.command("verify"))
    .description("what one verdict of each verifier costs, beside copying the same rows once")
    .option("--vocabularies <n...>", "sizes of the vocabulary (default: 4096 32000 128256 151936)", list(whole(2, 1e7)))
    .option("--draft-tokens <k>", "drafted tokens of the block", whole(1, 1024), 25)
    .option("--repeats <n>", "verdicts of each", whole(1), 9)
    .option("--out <file>", "where the JSON goes", "bench/results/verify.json")
    .action(benchVerify);
  bench
    .command("cache")
    .description("what a step costs as the text grows, by how the graph keeps its past")
    .option("--contexts <n...>", "tokens of the text after a step (default: 256 1024 4096)", list(whole(2)))
    .option("--blocks <n...>", "tokens of a step (default: 1 8 17)", list(whole(1, 255)))
    .option("--layers <n>", "layers of the random model", whole(1, 1000), 4)
    .option("--width <n>", "its width, a multiple of 128", whole(128, 16384), 256)
    .option("--threads <n>", "threads of a step (default: as models are loaded)", whole(1, 1024))
    .option("--turns <n>", "turns of each layout, of three steps", whole(1), 12)
    .option("--out <file>", "where the JSON goes", "bench/results/cache.json")
    .action(benchCache);
  bench
    .command("evidence")
    .description("what it saves to compute the numbers of a drafted block where its logits lie")
    .option("--vocabularies <n...>", "sizes of the vocabulary (default: 32000 151936)", list(whole(2, 1e7)))
    .option("--device <device>", "one device (default: the CPU, and WebGPU where it can be had)", device)
    .option("--draft-tokens <k>", "drafted tokens of the block", whole(1, 1024), 15)
    .option("--repeats <n>", "rounds of each kind", whole(1), 15)
    .option("--out <file>", "where the JSON goes", "bench/results/evidence.json")
    .action(benchEvidence);
  models(bench.command("threads"))
    .description("a round of drafting and verifying under several settings of the two models' threads")
    .option("--draft-tokens <k>", "drafted tokens of a round", whole(1, 1024), 16)
    .option("--turns <n>", "how often each setting is loaded", whole(1), 4)
    .option("--repeats <n>", "rounds of each turn", whole(1), 25)
    .option("--out <file>", "where the JSON goes", "bench/results/threads.json")
    .action(benchThreads);
  return lenity;
}

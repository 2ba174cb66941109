import { Command } from "commander";
import { benchQuality, benchVerify } from "./bench.ts";
import { chat } from "./chat.ts";
import { inspect } from "./inspect.ts";
import { dtype, number, policy, whole } from "./options.ts";
import { policies } from "./policies.ts";
import { serve } from "./serve.ts";

const models = (command: Command): Command =>
  command
    .option("--model <dir>", "the target: a Hugging Face folder with an ONNX file (default: the embedded pair)")
    .option("--draft <dir>", "the draft model (default: the embedded one, or prompt lookup beside a --model)")
    .option("--dtype <dtype>", "the variant of the model files, such as fp16 or q4 (default: fp32, or the only one there is)", dtype)
    .option("--judge <file>", "a judge head (default: judge.json in the target's folder)");

/** The whole command line. */
export function program(): Command {
  const lenity = new Command("lenity")
    .description("Speculative decoding in which each request chooses how strictly the target verifies the draft.")
    .showHelpAfterError("(lenity --help lists the commands)");

  models(lenity.command("chat"))
    .description("answer one question, or talk when none is given")
    .argument("[question]", "what to ask; read from standard input when that is no terminal")
    .option("--policy <policy>", "a preset (strict, judi, judge) or a policy as JSON", policy, "strict")
    .option("--draft-tokens <k>", "the longest block to draft; 0 is plain decoding", whole(0, 1024))
    .option("--drafter <name>", "model or lookup")
    .option("--temperature <t>", "0 is greedy", number(0, 100), 0)
    .option("--top-k <k>", "keep the k most probable tokens; 0 keeps all", whole(0), 0)
    .option("--top-p <p>", "keep the most probable tokens up to this mass", number(0, 1), 1)
    .option("--min-p <p>", "keep tokens with at least this share of the highest probability", number(0, 1), 0)
    .option("--seed <n>", "same seed, same answer", whole(0), 0)
    .option("--max-tokens <n>", "the most tokens to emit", whole(0))
    .option("--system <text>", "a system message")
    .option("--stop <text...>", "strings that end the answer")
    .option("--json", "print one JSON object")
    .option("--trace", "tell who accepted each token")
    .action(chat);

  models(lenity.command("serve"))
    .description("serve the OpenAI-compatible chat API")
    .option("--host <host>", "the address to listen on", "127.0.0.1")
    .option("--port <port>", "the port; 0 takes a free one", whole(0, 65535), 8080)
    .option("--policy <policy>", "the policy of requests that name none", policy, "strict")
    .option("--draft-tokens <k>", "the block length of requests that name none (default: the policy's own, or 16)", whole(0, 1024))
    .option("--api-key <key...>", "accept only requests with one of these bearer keys")
    .action(serve);

  lenity
    .command("inspect")
    .description("tell what a model folder holds and which policies it can feed")
    .argument("<dir>", "a Hugging Face folder with an ONNX file")
    .option("--dtype <dtype>", "the variant of the model files, such as fp16 or q4", dtype)
    .option("--json", "print one JSON object")
    .action(inspect);

  models(lenity.command("policies"))
    .description("list every preset and verifier with its options, law, needs and strict value")
    .option("--json", "print one JSON object, options as JSON Schema")
    .option("--markdown", "print the verifiers as a table")
    .action(policies);

  const bench = lenity.command("bench").description("measure, and print tables");
  models(bench.command("quality"))
    .description("accuracy, tokens per pass and speed of each policy on held-out problems")
    .option("--policies <list...>", "presets or policies as JSON (default: strict, judi, and judge and autojudge where there is a head)")
    .option("--problems <n>", "held-out problems", whole(1), 200)
    .option("--draft-tokens <k>", "block length of policies whose preset names none", whole(1, 1024), 16)
    .option("--temperature <t>", "0 is greedy", number(0, 100), 0)
    .option("--seed <n>", "which problems", whole(0), 1)
    .option("--out <file>", "where the JSON goes", "bench/results/quality.json")
    .action(benchQuality);
  models(bench.command("verify"))
    .description("what one verdict of each verifier costs, beside copying the same rows once")
    .option("--vocabularies <n...>", "sizes of the vocabulary (default: 4096 32000 128256 151936)")
    .option("--draft-tokens <k>", "drafted tokens of the block", whole(1, 1024), 25)
    .option("--repeats <n>", "verdicts of each", whole(1), 9)
    .option("--out <file>", "where the JSON goes", "bench/results/verify.json")
    .action(benchVerify);
  return lenity;
}

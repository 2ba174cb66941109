import { clocks, deviceKinds, peerEngines, shapeNames, sizeKinds } from "@lenity/bench/sizes";
import { pairWeights } from "@lenity/bench/webgpu";
import { attentionForms, devices } from "@lenity/onnx";
import type { Command } from "commander";
import { benchCache, benchEvidence, benchGrammar, benchSizes, benchThreads, benchVerify } from "./bench.ts";
import { benchHostile } from "./bench-hostile.ts";
import { benchLoad } from "./bench-load.ts";
import { benchMany } from "./bench-many.ts";
import { benchQuality } from "./bench-quality.ts";
import { benchRace } from "./bench-race.ts";
import { benchRemote } from "./bench-remote.ts";
import { benchRound } from "./bench-round.ts";
import { benchWebgpu, webgpuParts } from "./bench-webgpu.ts";
import { device, filled, list, number, oneOf, policy, whole } from "./options.ts";
import { answerHelp, models } from "./shared-flags.ts";

/** Adds `lenity bench` and its commands. */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: one list of commands and flags.
export function benchCommands(lenity: Command): void {
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
    .option("--shapes <names...>", "shapes of published models (default: smollm2-135m)", list(oneOf(shapeNames)))
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
}

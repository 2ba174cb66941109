import { existsSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import type { StepEngine } from "./lane.ts";
import type { PeerSetup } from "./peer.ts";

/** The parts of transformers.js that are used. */
interface Transformers {
  readonly env: { allowRemoteModels: boolean; localModelPath: string };
  readonly Tensor: new (type: "int64", data: BigInt64Array, dims: readonly number[]) => object;
  readonly AutoModelForCausalLM: { from_pretrained(folder: string, options: object): Promise<Forward> };
}

type Forward = (inputs: object) => Promise<Readonly<Record<string, object>>>;

/** Tokens of a run that fills the cache. */
const piece = 512;

/** transformers.js: a step is one forward pass, which returns the grown cache as new tensors. */
export async function transformersSteps(setup: PeerSetup): Promise<() => StepEngine> {
  const { env, Tensor, AutoModelForCausalLM } = (await import(pathToFileURL(setup.module).href)) as Transformers;
  env.allowRemoteModels = false;
  env.localModelPath = "";
  const forward = await AutoModelForCausalLM.from_pretrained(setup.folder, {
    ...{ dtype: "fp32", device: "cpu", local_files_only: true, subfolder: dirname(setup.file) },
    // With this dtype the name gets no suffix.
    model_file_name: basename(setup.file, ".onnx"),
    use_external_data_format: existsSync(join(setup.folder, `${setup.file}_data`)),
    session_options: { intraOpNumThreads: setup.threads, interOpNumThreads: 1 },
  });
  let length = 0;
  let past: Readonly<Record<string, object>> | undefined;
  const run = (tokens: readonly number[], kept: number) => {
    const total = length + tokens.length;
    return forward({
      input_ids: new Tensor("int64", BigInt64Array.from(tokens, BigInt), [1, tokens.length]),
      attention_mask: new Tensor("int64", new BigInt64Array(total).fill(1n), [1, total]),
      num_logits_to_keep: new Tensor("int64", BigInt64Array.of(BigInt(kept)), []),
      past_key_values: past,
    });
  };
  const engine: StepEngine = {
    async fill(tokens) {
      if (length > tokens.length) [length, past] = [0, undefined];
      while (length < tokens.length) {
        const more = tokens.slice(length, length + piece);
        past = cacheOf(await run(more, 1));
        length += more.length;
      }
    },
    // It computes the logits of the last row at least.
    async step(tokens, logits) {
      await run(tokens, logits ? tokens.length : 1);
    },
  };
  return () => engine;
}

/** present.N.key|value as past_key_values.N.key|value. */
function cacheOf(outputs: Readonly<Record<string, object>>): Readonly<Record<string, object>> {
  const caches = Object.entries(outputs).filter(([name]) => /^present\.\d/.test(name));
  return Object.fromEntries(caches.map(([name, tensor]) => [name.replace("present", "past_key_values"), tensor]));
}

import { pathToFileURL } from "node:url";
import type { LaneEngine, LaneSetup } from "./lane.ts";

/** The parts of transformers.js that are used. */
interface Transformers {
  readonly env: { allowRemoteModels: boolean; localModelPath: string };
  readonly Tensor: new (type: "int64", data: BigInt64Array, dims: readonly number[]) => object;
  readonly AutoModelForCausalLM: {
    from_pretrained(folder: string, options: object): Promise<{ generate(options: object): Promise<unknown> }>;
  };
}

/** transformers.js on the same ONNX files as lenity. */
export async function transformersEngine({ lane, target, module }: LaneSetup): Promise<LaneEngine> {
  const { env, Tensor, AutoModelForCausalLM } = (await import(pathToFileURL(module ?? "").href)) as Transformers;
  env.allowRemoteModels = false;
  env.localModelPath = "";
  const model = await AutoModelForCausalLM.from_pretrained(target, {
    ...{ dtype: lane.weights, device: "cpu", local_files_only: true },
    session_options: { intraOpNumThreads: lane.threads, interOpNumThreads: 1 },
  });
  return {
    async answer({ prompt, maxTokens }, emit) {
      const shape = [1, prompt.length];
      let begun = false;
      const streamer = {
        // It is given the prompt first.
        put(values: readonly (readonly bigint[])[]) {
          if (begun) emit(Array.from(values[0] ?? [], Number));
          begun = true;
        },
        end() {},
      };
      await model.generate({
        input_ids: new Tensor("int64", BigInt64Array.from(prompt, BigInt), shape),
        attention_mask: new Tensor("int64", new BigInt64Array(prompt.length).fill(1n), shape),
        ...{ max_new_tokens: maxTokens, do_sample: false, streamer },
      });
    },
  };
}

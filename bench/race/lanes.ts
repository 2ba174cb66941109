/** The lanes of the race. */
import { type Lane, laneName } from "./lane.ts";

const threads = [1, 2] as const;

const lenity = (weights: Lane["weights"], policy?: string): Lane[] =>
  threads.map((threads) => ({ engine: "lenity", weights, policy, threads }));
const llama = (weights: Lane["weights"]): Lane[] =>
  threads.map((threads) => ({ engine: "llama.cpp", weights, threads }));
const transformers = (weights: Lane["weights"]): Lane[] =>
  threads.map((threads) => ({ engine: "transformers.js", weights, threads }));

/** All lanes. Those of llama.cpp with a draft have one thread, with which it is fastest. */
export const allLanes: readonly Lane[] = [
  ...(["fp32", "int8"] as const).flatMap((weights) =>
    [undefined, "strict", "judi", "judge"].flatMap((policy) => lenity(weights, policy)),
  ),
  ...(["f32", "f16", "q8_0", "q4_0"] as const).flatMap(llama),
  ...(["f32", "q8_0"] as const).flatMap((weights) =>
    (["as shipped", "repaired"] as const).map((draft): Lane => ({ engine: "llama.cpp", weights, draft, threads: 1 })),
  ),
  ...(["fp32", "int8"] as const).flatMap(transformers),
];

/** The lanes of `--quick`. */
const quick = ["lenity fp32 plain t1", "lenity fp32 strict t1", "llama.cpp f32 plain t1", "transformers.js fp32 t1"];

/** The lanes whose names contain one of these texts; all without any. */
export function chooseLanes(texts: readonly string[] | undefined, isQuick: boolean): Lane[] {
  const wanted = texts ?? (isQuick ? quick : undefined);
  return allLanes.filter((lane) => wanted === undefined || wanted.some((text) => laneName(lane).includes(text)));
}

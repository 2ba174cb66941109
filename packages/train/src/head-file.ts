/** Heads as JSON files. */
import { autojudgeHead, judgeHead } from "@lenity/core";
import * as v from "valibot";
import type { TrainedHead } from "./head.ts";
import type { Provenance } from "./provenance.ts";

/** Reads a head from the content of its JSON file. Throws `model_files` if it is none. */
export const readHead = (json: unknown): TrainedHead =>
  v.is(v.object({ mean: v.unknown() }), json)
    ? { kind: "autojudge", weights: autojudgeHead(json) }
    : { kind: "judge", weights: judgeHead(json) };

/** The content of a head's JSON file. */
export const headFile = ({ weights }: TrainedHead, provenance: Provenance): object => ({ ...weights, provenance });

/** The SHA-256 hashes of the label files that a head was trained on, from the content of its file. */
export function trainingHashes(json: unknown): string[] {
  const found = v.safeParse(originSchema, json);
  return found.success ? found.output.provenance.labels.map(({ sha256 }) => sha256) : [];
}

const originSchema = v.object({ provenance: v.object({ labels: v.array(v.object({ sha256: v.string() })) }) });

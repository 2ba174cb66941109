/** Plans the outputs that a file lacks, and the bytes that add them. */

import type { HiddenKind } from "@lenity/core";
import type { Edit, OnnxScan } from "../onnx-file/scan.ts";
import { type CacheNames, cacheNames } from "./cache-names.ts";
import { dataflow } from "./dataflow.ts";
import { findFinalNorm } from "./final-norm.ts";
import { graphSuffix, type Suffix } from "./graph-suffix.ts";
import type { Norm } from "./norms.ts";
import { planLastRows } from "./plan-last-rows.ts";
import { planLayers } from "./plan-layers.ts";

/** Outputs to add to a file when it is loaded. */
export interface TapPlan {
  /**
   * Adds the outputs when appended to the file's bytes, since protobuf merges the graphs of a file. Empty when there is
   * nothing to add.
   */
  readonly suffix: Uint8Array;
  /** What must be written over the file's own bytes then. */
  readonly edits: readonly Edit[];
  /** Names of the outputs that it adds. */
  readonly added: readonly string[];
  /** Outputs that the file lacks and that cannot be added, and why: one sentence each. */
  readonly missing: readonly string[];
  /** The layers, counted from 1, whose hidden states were found. All but the last are added only when asked for. */
  readonly layers: readonly number[];
}

/**
 * Plans the hidden states on both sides of the final norm (`hidden_states` or, where that name is taken,
 * `pre_norm_states`; `last_hidden_state`) and `present_rows` [2 · layers, groups, length, head size], the block's own
 * cache rows, key 0, value 0, key 1, … (for combined tensors, with their dimension of size 1 after the first). `asked`
 * names hidden states of layers to add too. Where the file scores all rows of a block, `num_logits_to_keep` says how
 * many are scored.
 */
export function planTaps(scan: OnnxScan, asked: readonly HiddenKind[] = []): TapPlan {
  const suffix = graphSuffix();
  const missing: string[] = [];
  const flow = dataflow(scan);
  const norm = findFinalNorm(flow);
  const caches = cacheNames(scan);
  const own = has(scan, "hidden_states", "last_hidden_state");
  const why = own ? undefined : typeof norm === "string" ? norm : addStates(suffix, scan, norm, flow.isTaken);
  if (why !== undefined) missing.push(`Hidden states are not available: ${why}.`);
  if (!has(scan, "present_rows")) {
    const why = addRows(suffix, scan, caches, flow.isTaken);
    if (why !== undefined) missing.push(`New cache rows cannot be fetched separately: ${why}.`);
  }
  const layers = planLayers(suffix, flow, { norm, caches, asked });
  const lastRows = planLastRows(suffix, scan, flow);
  return {
    suffix: suffix.bytes(),
    edits: lastRows === undefined ? [] : [lastRows],
    added: suffix.outputs,
    missing: [...missing, ...layers.missing],
    layers: why === undefined ? [...layers.found, caches.layers] : layers.found,
  };
}

const has = ({ outputs }: OnnxScan, ...names: readonly string[]) => names.every((name) => outputs.includes(name));

/** Adds whichever of the two states the file lacks. Returns the reason if a name is already taken. */
function addStates(
  suffix: Suffix,
  scan: OnnxScan,
  { before, after }: Norm,
  isTaken: (name: string) => boolean,
): string | undefined {
  const free = (names: readonly string[], value: string) => names.find((name) => name === value || !isTaken(name));
  // If the file has only one of the two names, it is the norm's output.
  const lacksPost = !has(scan, "hidden_states") && !has(scan, "last_hidden_state");
  const pre = free(["hidden_states", "pre_norm_states"], before.length === 1 ? (before[0] as string) : "");
  const post = lacksPost ? free(["last_hidden_state"], after) : undefined;
  if (pre === undefined || (lacksPost && post === undefined))
    return "their names are used for other values in the graph";
  let sum = before[0] as string;
  before.slice(1).forEach((term, i, terms) => {
    const name = i === terms.length - 1 ? pre : `lenity/sum.${i}`;
    suffix.node("Add", [sum, term], name);
    sum = name;
  });
  if (sum !== pre) suffix.node("Identity", [sum], pre);
  suffix.output(pre);
  if (post === undefined) return undefined;
  if (after !== post) suffix.node("Identity", [after], post);
  suffix.output(post);
  return undefined;
}

/** The mask ends where the block ends, whether graphs take exactly the past or buffers with spare room. */
function addRows(
  suffix: Suffix,
  scan: OnnxScan,
  { names, axis }: CacheNames,
  isTaken: (name: string) => boolean,
): string | undefined {
  const opset = scan.opsets.get("") ?? 0;
  if (opset < 10) return `the file uses operator set ${opset}, and Slice takes its bounds as inputs only from 10 on`;
  if (isTaken("present_rows")) return "the name present_rows is used for another value in the graph";
  if (names.length === 0 || !names.every(({ past, present }) => scan.inputs.includes(past) && has(scan, present)))
    return "the file has no past_key_values.N and present.N";
  suffix.integers("lenity/one", [1]);
  suffix.integers("lenity/axis", [axis]);
  const size = (input: string, name: string) => {
    suffix.node("Shape", [input], `${name}.shape`);
    suffix.node("Gather", [`${name}.shape`, "lenity/one"], name);
  };
  size("attention_mask", "lenity/end");
  size("input_ids", "lenity/length");
  suffix.node("Sub", ["lenity/end", "lenity/length"], "lenity/begin");
  const slices = names.map(({ present }) => {
    suffix.node("Slice", [present, "lenity/begin", "lenity/end", "lenity/axis"], `lenity/rows.${present}`);
    return `lenity/rows.${present}`;
  });
  suffix.node("Concat", slices, "present_rows", { axis: 0 });
  suffix.output("present_rows");
  return undefined;
}

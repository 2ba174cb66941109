/**
 * Finds the residual stream after each layer of a decoder. The stream is a chain of sums that ends before the final
 * norm, and a layer reads exactly one of them: the one that the keys and values it caches are computed from. That sum
 * is the stream after the layer before it.
 */
import type { Dataflow } from "./dataflow.ts";
import { type Norm, normThatGives, skipTerms } from "./norms.ts";
import { passedOn } from "./rows.ts";

/** The values of a layer's hidden states in the graph. */
export interface LayerState {
  /** The residual stream after the layer. */
  readonly stream: string;
  /** The output of the norm that reads it first; undefined when that is not a known norm. */
  readonly normed: string | undefined;
}

/**
 * The states after layer 1, 2, … and the last but one, by number; those that were found. `cached` has a value that each
 * layer writes into its cache, in order; `final` is the final norm.
 */
export function findLayerStates(
  flow: Dataflow,
  cached: readonly string[],
  final: Norm,
): ReadonlyMap<number, LayerState> {
  const states = new Map<number, LayerState>();
  let sums = sumsIn(flow, final.before);
  for (let layer = cached.length - 1; layer > 0; layer--) {
    const state = readBy(flow, cached[layer] as string, sums);
    // Without it nothing ties the sums of earlier layers to their numbers.
    if (state === undefined || [...states.values()].some(({ stream }) => stream === state.stream)) return states;
    states.set(layer, state);
    sums = sumsIn(flow, [state.stream]);
  }
  return states;
}

/** These values, what they are sums of, what that is a sum of, and so on. */
function sumsIn(flow: Dataflow, values: readonly string[]): ReadonlySet<string> {
  const found = new Set<string>();
  const open = [...values];
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    if (found.has(value) || !flow.isDynamic(value)) continue;
    found.add(value);
    open.push(...termsOf(flow, value));
  }
  return found;
}

/** The values that a value is the sum of, or the one that it is in another form. */
function termsOf(flow: Dataflow, value: string): readonly string[] {
  const node = flow.producer(value);
  if (node === undefined) return [];
  if (value === node.outputs[3]) return skipTerms(node) ?? [];
  const passed = passedOn(flow, node);
  if (passed !== undefined) return [passed];
  const terms = node.operator === "Add" || node.operator === "Sum" ? flow.dynamicInputs(node) : [];
  // A product that gets its bias is not a sum of two streams.
  return terms.length > 1 ? terms : [];
}

/** The only one of the sums that a value is computed from, and its norm on the way. Undefined if there are several. */
function readBy(flow: Dataflow, value: string, sums: ReadonlySet<string>): LayerState | undefined {
  const passed = new Set<string>([value]);
  const read = new Set<string>();
  for (const at of passed) {
    const node = flow.producer(at);
    // A fused norm has the sum as another output.
    const sum = sums.has(at) ? at : node?.outputs.find((output) => sums.has(output));
    if (sum !== undefined) read.add(withoutCasts(flow, sum));
    // Shapes are not computed from the numbers.
    else if (node === undefined || node.operator === "Shape" || node.operator === "Size") continue;
    else for (const input of flow.dynamicInputs(node)) passed.add(input);
  }
  const [stream, other] = read;
  if (stream === undefined || other !== undefined) return undefined;
  // The last value on the way that is a norm of it: what comes before may be a part of that norm.
  const normed = [...passed].find((at) => {
    const { before = [] } = normThatGives(flow, at) ?? {};
    return before.length === 1 && withoutCasts(flow, before[0] as string) === stream;
  });
  return { stream, normed };
}

/** The value before casts and copies, of which a graph may have several. */
function withoutCasts(flow: Dataflow, value: string): string {
  let at = value;
  // A graph has no cycles, but a damaged file may.
  for (let steps = 0; steps < 64; steps++) {
    const node = flow.producer(at);
    if (node?.operator !== "Cast" && node?.operator !== "Identity") return at;
    at = node.inputs[0] ?? "";
  }
  return at;
}

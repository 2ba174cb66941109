/** Finds which node computes a value, and which values depend on the model's inputs. */
import type { OnnxNode, OnnxScan, TensorFacts } from "../onnx-file/scan.ts";

export interface Dataflow {
  /** Undefined for inputs and weights. */
  producer(value: string): OnnxNode | undefined;
  /** Whether a value changes from run to run. Values that depend only on weights are constant. */
  isDynamic(value: string): boolean;
  /** The node's inputs that change from run to run. */
  dynamicInputs(node: OnnxNode): readonly string[];
  /** Whether a value is a single constant number. False when that is not known. */
  isScalar(value: string): boolean;
  /** Whether the name is already used in the graph. */
  isTaken(name: string): boolean;
}

export function dataflow({ inputs, outputs, nodes, initializers }: OnnxScan): Dataflow {
  const producers = new Map<string, OnnxNode>();
  const constants = new Map<string, TensorFacts | undefined>(initializers);
  // Nodes are listed in an order in which they can run.
  for (const node of nodes) {
    const constant = node.inputs.every((name) => name === "" || constants.has(name)) && !branching.has(node.operator);
    for (const output of node.outputs) {
      if (output === "") continue;
      producers.set(output, node);
      if (constant) constants.set(output, node.operator === "Constant" ? (node.tensor ?? scalar) : undefined);
    }
  }
  const taken = new Set([...inputs, ...outputs, ...constants.keys(), ...producers.keys()]);
  const isDynamic = (value: string) => value !== "" && !constants.has(value);
  return {
    producer: (value) => producers.get(value),
    isDynamic,
    dynamicInputs: (node) => [...new Set(node.inputs.filter(isDynamic))],
    isScalar: (value) => constants.get(value)?.dims.every((size) => size === 1) ?? false,
    isTaken: (name) => taken.has(name),
  };
}

/** Their bodies may read values that are not among their inputs. */
const branching = new Set(["If", "Loop", "Scan"]);

/** A Constant that is written as a plain number. Lists of numbers are never used to scale. */
const scalar: TensorFacts = { name: "", type: 1, dims: [] };

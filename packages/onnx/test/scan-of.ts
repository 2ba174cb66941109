import type { OnnxNode, OnnxScan } from "../src/onnx-file/scan.ts";

/**
 * A scan of these nodes: `operator inputs > outputs`. Names in capitals are constants, those with a digit at the end
 * single numbers.
 */
export function scanOf(...lines: readonly string[]): OnnxScan {
  const nodes = lines.map((line): OnnxNode => {
    const [operator = "", ...words] = line.split(" ");
    const arrow = words.indexOf(">");
    const named = (list: readonly string[]) => list.map((name) => (name === "_" ? "" : name));
    return {
      operator,
      inputs: named(words.slice(0, arrow)),
      inputPlaces: [],
      outputs: named(words.slice(arrow + 1)),
      integers: {},
      tensor: undefined,
    };
  });
  const constants = nodes.flatMap(({ inputs }) => inputs).filter((name) => /^[A-Z]/.test(name));
  const initializers = constants.map((name) => [name, { name, type: 1, dims: /\d$/.test(name) ? [] : [32] }] as const);
  return {
    ...{ file: "m.onnx", bytes: 1, opsets: new Map([["", 18]]), inputs: ["a", "b"], outputs: ["logits"] },
    ...{ nodes, initializers: new Map(initializers) },
  };
}

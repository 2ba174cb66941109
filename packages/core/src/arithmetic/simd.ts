import { blockLength, type Kernels, kernelBytes, layout, stride } from "./kernels.ts";
import { plain } from "./plain.ts";
import type { Arithmetic, Softmax } from "./softmax.ts";

/** The kernels are accurate for (highest − logit) / temperature up to this, in nats. A share of e^−80 is negligible. */
const deepest = 80;

/** Whether single precision has enough digits for `deepest` below the highest logit, and a finite 1 / temperature. */
const fits = ({ highest, lowest, temperature }: Omit<Softmax, "logits" | "sum">): boolean =>
  highest - lowest <= deepest * temperature && Math.abs(highest) <= 1e6 * temperature && temperature >= 1e-30;

/** The kernels' module, or undefined if the runtime has no WebAssembly SIMD or forbids compiling (workerd). */
export function compileKernels(): WebAssembly.Module | undefined {
  try {
    return new WebAssembly.Module(kernelBytes());
  } catch {
    return undefined;
  }
}

/**
 * The arithmetic in WebAssembly's 128-bit SIMD. Rows are copied block by block into the kernels' memory. The plain
 * arithmetic handles rows shorter than `shortest`, where calling the kernels costs more, and logits that are NaN,
 * infinite or too far apart.
 */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: one memory, shared by all five.
export function simdArithmetic(module: WebAssembly.Module, shortest = 256): Arithmetic {
  const kernels = new WebAssembly.Instance(module).exports as unknown as Kernels;
  const { buffer } = kernels.memory;
  const blockOfP = new Float32Array(buffer, layout.p, blockLength);
  const blockOfQ = new Float32Array(buffer, layout.q, blockLength);
  const ranges = new Float32Array(buffer, layout.range, 12);

  /** Copies one block, repeats a logit up to a whole stride and returns the end of its address range. */
  const load = (block: Float32Array, logits: Float32Array, from: number): number => {
    const part = from === 0 && logits.length <= blockLength ? logits : logits.subarray(from, from + blockLength);
    block.set(part);
    const padded = Math.ceil(part.length / stride) * stride;
    if (padded > part.length) block.fill(part[0] as number, part.length, padded);
    return 4 * padded;
  };
  /** Replaces what `load` repeated by a logit with negligible weight. */
  const silence = (logits: Float32Array, from: number, logit: number): void => {
    if (logits.length - from < blockLength) blockOfP.fill(logit, logits.length - from, blockLength);
  };
  const highestOfBlock = (): number =>
    Math.max(ranges[0] as number, ranges[1] as number, ranges[2] as number, ranges[3] as number);
  const lowestOfBlock = (): number =>
    Math.min(ranges[4] as number, ranges[5] as number, ranges[6] as number, ranges[7] as number);
  /** False for NaN and infinities; it may also be false for logits near the largest number. */
  const finiteBlock = (): boolean =>
    Number.isFinite((ranges[8] as number) + (ranges[9] as number) + (ranges[10] as number) + (ranges[11] as number));
  const handles = (p: Softmax): boolean => p.logits.length >= shortest && fits(p);

  /** Σ e^x·(x − y) over the row, y from q or 0. */
  const crossSum = (p: Softmax, q: Softmax | undefined): number => {
    let weighted = 0;
    if (q === undefined) blockOfQ.fill(0);
    for (let from = 0; from < p.logits.length; from += blockLength) {
      const end = load(blockOfP, p.logits, from);
      silence(p.logits, from, p.highest - deepest * p.temperature);
      if (q !== undefined) load(blockOfQ, q.logits, from);
      weighted += kernels.cross(layout.p, end, p.highest, Math.LOG2E / p.temperature, q?.highest ?? 0);
    }
    return weighted / p.temperature;
  };

  return {
    argmax(logits) {
      if (logits.length < shortest) return plain.argmax(logits);
      let highest = Number.NEGATIVE_INFINITY;
      let found = 0;
      for (let from = 0; from < logits.length; from += blockLength) {
        kernels.range(layout.p, load(blockOfP, logits, from));
        if (!finiteBlock()) return plain.argmax(logits);
        const highestHere = highestOfBlock();
        if (highestHere > highest) [highest, found] = [highestHere, from];
      }
      return logits.indexOf(highest, found);
    },

    softmax(logits, temperature) {
      if (logits.length < shortest) return plain.softmax(logits, temperature);
      const scale = Math.LOG2E / temperature;
      let highest = Number.NEGATIVE_INFINITY;
      let lowest = Number.POSITIVE_INFINITY;
      let sum = 0;
      for (let from = 0; from < logits.length; from += blockLength) {
        const end = load(blockOfP, logits, from);
        kernels.range(layout.p, end);
        const highestHere = highestOfBlock();
        lowest = Math.min(lowest, lowestOfBlock());
        if (highestHere > highest) {
          sum *= Math.exp((highest - highestHere) / temperature);
          highest = highestHere;
        }
        if (!finiteBlock() || !fits({ highest, lowest, temperature })) return plain.softmax(logits, temperature);
        silence(logits, from, highest - deepest * temperature);
        sum += kernels.sum(layout.p, end, highest, scale);
      }
      return { logits, temperature, highest, lowest, sum };
    },

    row(p) {
      if (!handles(p)) return plain.row(p);
      const row = new Float32Array(p.logits.length);
      for (let from = 0; from < row.length; from += blockLength) {
        const end = load(blockOfP, p.logits, from);
        kernels.row(layout.p, end, p.highest, Math.LOG2E / p.temperature, 1 / p.sum);
        row.set(row.length - from < blockLength ? blockOfP.subarray(0, row.length - from) : blockOfP, from);
      }
      return row;
    },

    entropy(p) {
      if (!handles(p)) return plain.entropy(p);
      return Math.max(0, Math.log(p.sum) - crossSum(p, undefined) / p.sum);
    },

    kl(p, q) {
      if (!handles(p) || !handles(q) || p.temperature !== q.temperature) return plain.kl(p, q);
      return Math.max(0, crossSum(p, q) / p.sum - Math.log(p.sum) + Math.log(q.sum));
    },
  };
}

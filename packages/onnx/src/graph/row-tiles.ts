/**
 * Kernels process the rows of a block in tiles. A single row after the last whole tile takes a different path, which
 * gives it other bits.
 */
import type { OnnxScan } from "../onnx-file/scan.ts";

/**
 * The rows in a tile of GroupQueryAttention: twice the head size, or less if the processor's cache is small. This is a
 * divisor of all for the usual head sizes.
 */
const attentionTile = 32;

/**
 * Whether the graph has matrices that are multiplied two rows at a time: MatMulNBits that rounds its inputs (accuracy
 * level 4) with longer blocks than 32, on a processor.
 */
export const multipliesPairs = ({ nodes }: Pick<OnnxScan, "nodes">): boolean =>
  nodes.some(
    ({ operator, integers: { accuracy_level: level, block_size: block = 128 } }) =>
      operator === "MatMulNBits" && level === 4 && block > 32,
  );

/** Whether the last of this many rows would run alone: in attention, or with `inPairs` also in matrices. */
export const isLone = (rows: number, inPairs = false): boolean => rows % (inPairs ? 2 : attentionTile) === 1;

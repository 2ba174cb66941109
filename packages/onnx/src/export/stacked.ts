import type { Tensors } from "./safetensors.ts";

/** A matrix's tensor, and the number of its rows. */
export interface Part {
  readonly tensor: string;
  readonly rows: number;
}

/** Matrices of as many columns as one, with the rows of all. Reads them when it is called. */
export function findStacked(tensors: Tensors, parts: readonly Part[], columns: number): () => Float32Array {
  const reads = parts.map(({ tensor, rows }) => tensors.find(tensor, [rows, columns]));
  const [first] = reads;
  if (first !== undefined && reads.length === 1) return first;
  return () => {
    const all = new Float32Array(rowsOf(parts) * columns);
    let at = 0;
    for (const read of reads) {
      const part = read();
      all.set(part, at);
      at += part.length;
    }
    return all;
  };
}

/** The rows of all. */
export const rowsOf = (parts: readonly Part[]): number => parts.reduce((sum, { rows }) => sum + rows, 0);

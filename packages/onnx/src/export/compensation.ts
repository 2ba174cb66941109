/**
 * The compensation of GPTQ (arXiv 2210.17323, section 3.3): once a weight is rounded, the weights after it that are not
 * yet rounded move so that the outputs change least. How inputs go together decides how much, and is measured in
 * groups of neighbouring columns, to which the compensation is limited: the memory and the time that whole matrices
 * take grow with the square and the cube of their columns.
 */

/** The most columns of a group. */
const longest = 256;

/** The columns of a group: as many as possible, with all groups alike. */
export function groupOf(columns: number): number {
  let group = Math.min(columns, longest);
  while (columns % group !== 0) group--;
  return group;
}

/**
 * What is added to each column's squares, against too little text: a share of its own, which does not depend on how
 * large it is beside others, and a small share of the group's mean.
 */
const damping = { own: 0.05, mean: 1e-4 } as const;

/** Moves the weights of a row. */
export interface Compensation {
  /** Makes up for the error (weight minus rounded weight) of a column in the later columns of its group. */
  spread(row: Float32Array, column: number, error: number): void;
}

/** `products`: X^T X of each group, [columns / group, group, group]. */
export function compensation(products: Float32Array, columns: number): Compensation {
  const group = products.length / columns;
  const shares = new Float64Array(products.length);
  for (let at = 0; at < products.length; at += group * group)
    writeShares(shares.subarray(at, at + group * group), products.subarray(at, at + group * group), group);
  return {
    spread(row, column, error) {
      const own = column * group;
      const begin = column - (column % group);
      for (let i = (column % group) + 1; i < group; i++)
        row[begin + i] = (row[begin + i] as number) + error * (shares[own + i] as number);
    },
  };
}

/** The squares of the columns: the diagonals of all groups. */
export function columnSquares(products: Float32Array, columns: number): Float64Array {
  const group = products.length / columns;
  return Float64Array.from({ length: columns }, (_, column) => products[column * group + (column % group)] as number);
}

/**
 * Writes what part of column i's error each later column j takes: −U[i][j] / U[i][i], where the inverse of a group's
 * damped products H is U^T U. With H = R R^T and R upper triangular, U is the inverse of R.
 */
function writeShares(shares: Float64Array, products: Float32Array, size: number): void {
  const root = upperRoot(products, size);
  // By columns, which the sums read.
  const columns = new Float64Array(size * size);
  for (let i = 0; i < size; i++) for (let j = i; j < size; j++) columns[j * size + i] = root[i * size + j] as number;
  for (let i = 0; i < size; i++) {
    const row = shares.subarray(i * size, (i + 1) * size);
    for (let j = i + 1; j < size; j++) {
      const column = columns.subarray(j * size, (j + 1) * size);
      let left = column[i] as number;
      for (let k = i + 1; k < j; k++) left -= (row[k] as number) * (column[k] as number);
      row[j] = left / (column[j] as number);
    }
  }
}

/** The upper triangular R with R R^T = the damped products. */
function upperRoot(products: Float32Array, size: number): Float64Array {
  let sum = 0;
  for (let i = 0; i < size; i++) sum += products[i * size + i] as number;
  // Inputs that are all zero take any error.
  const added = sum > 0 ? (damping.mean * sum) / size : 1;
  const root = Float64Array.from(products);
  for (let i = 0; i < size; i++) root[i * size + i] = (1 + damping.own) * (root[i * size + i] as number) + added;
  for (let j = size - 1; j >= 0; j--) {
    const last = root.subarray(j * size, (j + 1) * size);
    for (let i = 0; i <= j; i++) {
      const row = root.subarray(i * size, (i + 1) * size);
      let left = row[j] as number;
      for (let k = j + 1; k < size; k++) left -= (row[k] as number) * (last[k] as number);
      row[j] = left;
    }
    const pivot = Math.sqrt(last[j] as number);
    for (let i = 0; i <= j; i++) root[i * size + j] = (root[i * size + j] as number) / pivot;
  }
  return root;
}

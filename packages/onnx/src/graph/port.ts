/** One input or output of a graph. A size is a number, or a name if it varies. */
export interface Port {
  readonly name: string;
  readonly type: string;
  readonly shape: readonly (number | string)[];
}

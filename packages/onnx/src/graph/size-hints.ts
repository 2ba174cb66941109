/** Likely values of each size, from the folder's configuration, likeliest first. */
export interface SizeHints {
  /** Key and value heads. */
  readonly groups: readonly number[];
  readonly headSizes: readonly number[];
}

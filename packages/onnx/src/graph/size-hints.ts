/** What a folder's configuration lets expect of each size, the likeliest first. */
export interface SizeHints {
  /** Key and value heads. */
  readonly groups: readonly number[];
  readonly headSizes: readonly number[];
}

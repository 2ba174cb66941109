import type { FileChoice } from "./choose-files.ts";

/** What is pulled of a repository. */
export interface PullOptions extends FileChoice {
  /** A branch, a tag or a commit. Default: main. */
  readonly revision?: string | undefined;
  /** Whether nothing is fetched, only told. */
  readonly dryRun?: boolean | undefined;
}

/** A model in the cache, or what it would be. */
export interface Pulled {
  readonly model: string;
  readonly revision: string;
  readonly commit: string;
  /** The snapshot: a folder as `loadModel` takes it. */
  readonly folder: string;
  /** `cached` tells those that were there before. */
  readonly files: readonly { readonly path: string; readonly bytes: number; readonly cached: boolean }[];
}

import type { FileChoice } from "./choose-files.ts";

/** Which files to pull, and how. */
export interface PullOptions extends FileChoice {
  /** A branch, a tag or a commit. Default: main. */
  readonly revision?: string | undefined;
  /** Whether to report the plan without downloading anything. */
  readonly dryRun?: boolean | undefined;
}

/** A model in the cache, or the plan for one. */
export interface Pulled {
  readonly model: string;
  readonly revision: string;
  readonly commit: string;
  /** The snapshot folder, which `loadModel` can load. */
  readonly folder: string;
  /** `cached` is true for files that were already there. */
  readonly files: readonly { readonly path: string; readonly bytes: number; readonly cached: boolean }[];
}

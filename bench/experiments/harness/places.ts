/** Where results are written. */
import { existsSync } from "node:fs";
import { join } from "node:path";

export interface Places {
  /** JSON, one file an experiment. */
  readonly results: string;
  readonly heads: string;
  /** The page, and its plots. */
  readonly page: string;
  readonly plots: string;
}

export const root: string = join(import.meta.dirname, "../../..");
const own = join(root, "bench/experiments");

/** Those in git: only full results of the built-in pair belong there. */
export const published: Places = {
  results: join(own, "results"),
  heads: join(own, "heads"),
  page: join(root, "docs/experiments.md"),
  plots: join(root, "docs/experiments"),
};

/** Those below another folder. */
export const placesIn = (folder: string): Places => ({
  results: join(folder, "results"),
  heads: join(folder, "heads"),
  page: join(folder, "experiments.md"),
  plots: join(folder, "experiments"),
});

/** The heads that were trained there, or else those in git. */
export const headsIn = ({ heads }: Places): string => (existsSync(heads) ? heads : published.heads);

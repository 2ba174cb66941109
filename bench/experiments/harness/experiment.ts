import type { PlotSpec } from "../page/plot.ts";
import type { Folders, Needs } from "./models.ts";
import type { Places } from "./places.ts";
import type { Study } from "./study.ts";

/** What an experiment computes: `Results` has the type of each study's results, by the study's name. */
export interface Plan<Results> {
  readonly needs: Needs;
  readonly studies: { readonly [Name in keyof Results]: Study<Results[Name]> };
}

/** The results of each study, in the order of their indexes. */
export type Found<Results> = { readonly [Name in keyof Results]: readonly Results[Name][] };

/** One experiment. `Report` is JSON; plots and text are functions of it alone. */
export interface Experiment<Results, Report> {
  /** The command, and the names of the files. */
  readonly name: string;
  readonly title: string;
  /** `quick`: fewer problems and settings, to try the experiment in two minutes. */
  plan(quick: boolean): Plan<Results>;
  report(found: Found<Results>, context: RunContext): Report | Promise<Report>;
  /** By the end of the file's name. */
  plots(report: Report): Readonly<Record<string, PlotSpec>>;
  /** The Markdown below the title. `plot` makes that of a plot, from the end of its file's name. */
  section(report: Report, plot: (name: string, alt: string) => string): string;
}

export interface RunContext {
  readonly quick: boolean;
  readonly folders: Folders;
  readonly places: Places;
}

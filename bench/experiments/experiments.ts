import { accuracy } from "./accuracy.ts";
import { calibration } from "./calibration.ts";
import { domain } from "./domain.ts";
import { heads } from "./heads.ts";
import { layers } from "./layers.ts";
import { length } from "./length.ts";
import type { AnyExperiment } from "./page/page.ts";
import { safety } from "./safety.ts";
import { temperature } from "./temperature.ts";

/** In the order of the page. The heads come first to run, and last on the page. */
export const experiments: readonly AnyExperiment[] = [
  accuracy,
  domain,
  layers,
  calibration,
  safety,
  length,
  temperature,
  heads,
];

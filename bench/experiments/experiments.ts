import { accuracy } from "./accuracy.ts";
import { heads } from "./heads.ts";
import type { AnyExperiment } from "./page/page.ts";

/** In the order of the page. */
export const experiments: readonly AnyExperiment[] = [heads, accuracy];

export { calibrationText } from "./calibration.ts";
export { families, problem } from "./families.ts";
export {
  type Check,
  type Family,
  firstError,
  type Instance,
  type Problem,
  phrase,
  type Random,
  readResult,
  type Segments,
  type Side,
  type Story,
} from "./problem.ts";

/** The target's folder. */
export const target: URL = new URL("../target/", import.meta.url);
/** The draft's folder. */
export const draft: URL = new URL("../draft/", import.meta.url);
/** The judge head for the target. */
export const judge: URL = new URL("../target/judge.json", import.meta.url);
/** The AutoJudge head for the target. */
export const autojudge: URL = new URL("../target/autojudge.json", import.meta.url);

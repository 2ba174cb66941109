/** Internals that lenity's other packages share with core. Not a public API: it changes without notice. */
export { copyRows, type TokenIds } from "./align-vocabulary.ts";
export { closing } from "./closing.ts";
export { didYouMean } from "./did-you-mean.ts";
export { longestDraft } from "./draft-length/request-length.ts";
export { commonPrefix } from "./drafters/common-prefix.ts";
export { canRead } from "./drafters/model.ts";
export { badLogits, blamed } from "./evidence/name-the-model.ts";
export { isPlain, readsDraft, topOf } from "./evidence/reading.ts";
export { readingsEvidence } from "./evidence/readings-evidence.ts";
export { excerpt, quoted, shown } from "./excerpt.ts";
export { expectation } from "./expectation.ts";
export { guarded, loops } from "./guard.ts";
export { layerOf } from "./hidden-kind.ts";
export { hiddenRows } from "./hidden-rows.ts";
export { noCounts } from "./metrics.ts";
export { blockLength, unmetNeed } from "./preflight.ts";
export { stopStrings } from "./text-stream.ts";
export { truncates } from "./truncate.ts";

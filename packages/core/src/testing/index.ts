export * from "./bracket-grammar.ts";
export * from "./chain-law.ts";
export * from "./conformance.ts";
export * from "./conformance-case.ts";
export * from "./one-step-law.ts";
export * from "./random-model.ts";
export * from "./scoring-model.ts";
export * from "./table-model.ts";

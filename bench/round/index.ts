export * from "./round.ts";
export * from "./setting.ts";

export * from "../machine.ts";
export * from "./lane.ts";
export * from "./lanes.ts";
export * from "./peers.ts";
export * from "./race.ts";
export * from "./report.ts";
export * from "./texts.ts";
export * from "./weights.ts";

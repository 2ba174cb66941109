export { thisMachine } from "../machine.ts";
export * from "./card.ts";
export * from "./folders.ts";
export * from "./pair.ts";
export * from "./report.ts";
export * from "./shapes-part.ts";

import type { Machine } from "../machine/machine.ts";
import { closings } from "../machine/moves.ts";
import { initial } from "../machine/state.ts";
import { textFrames } from "../texts/text-frames.ts";
import type { Network } from "./network.ts";
import { structureFrames } from "./structure-frames.ts";

/** The machine of a network from whose nodes all texts can be completed. */
export function jsonMachine(network: Network, spaces: number): Machine {
  const close = closings();
  return { start: initial(structureFrames(network, textFrames(true, close), close)), spaces };
}

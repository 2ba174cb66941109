import type { Frame } from "../machine/frame.ts";
import { closings } from "../machine/moves.ts";
import { textFrames } from "../texts/text-frames.ts";
import type { Network } from "./network.ts";
import { structureFrames } from "./structure-frames.ts";

/** The first frame of a network from whose nodes all texts can be completed. */
export function jsonFrame(network: Network): Frame {
  const close = closings();
  return structureFrames(network, textFrames(true, close), close);
}

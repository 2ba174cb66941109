import { LenityError } from "@lenity/core";
import type { Automaton } from "../characters/automaton.ts";
import type { Machine } from "../machine/machine.ts";
import { closings } from "../machine/moves.ts";
import { initial } from "../machine/state.ts";
import { textFrames } from "./text-frames.ts";

/** The machine whose texts the automaton accepts. Throws `invalid_request`, with this path, if there are none. */
export function textMachine(automaton: Automaton, path: string): Machine {
  if (automaton.states.length === 0)
    throw new LenityError("invalid_request", `${path} is fulfilled by no text.`, { path });
  const rule = { id: 0, automaton, exact: false, least: 0, most: Number.POSITIVE_INFINITY };
  return { start: initial(textFrames(false, closings())([rule])), spaces: 0 };
}

import type { Budget } from "../budget.ts";
import { jsonFrame } from "../json/json-frame.ts";
import { prune } from "../json/prune.ts";
import type { Frame } from "../machine/frame.ts";
import type { Steps } from "../steps.ts";
import { invalid, type Place } from "./place.ts";
import { schemaNetwork } from "./schema-network.ts";

/** The first frame of the JSON that fulfils a schema, with white space between its parts or without. */
export function* schemaFrame(root: Place, whiteSpace: boolean, budget: Budget): Steps<Frame> {
  const network = yield* prune(yield* schemaNetwork(root, whiteSpace, budget));
  if (network !== undefined) return jsonFrame(network);
  throw invalid(
    root.path,
    "is fulfilled by no value: it needs a part that is false, or that contains itself without end.",
  );
}

import type { Device } from "../protocol/devices.ts";
import type { LoadRequest } from "../protocol/protocol.ts";

/** What is told of a drafter file that the model's device leaves aside: one sentence, or none. */
export function drafterAside({ drafter }: Pick<LoadRequest, "drafter">, device: Device): readonly string[] {
  if (drafter === undefined || device === "cpu") return [];
  return [`The drafter file is not used on ${device}: it drafts with caches in this program's memory.`];
}

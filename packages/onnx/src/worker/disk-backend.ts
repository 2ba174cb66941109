import type { InferenceSession } from "onnxruntime-node";
import { openOnChosenDevice } from "../device/open-on-chosen-device.ts";
import type { Backend } from "../open/backend.ts";
import { importRuntime, type NodeRuntime, openDrafterSession } from "../open/open-graph.ts";
import { type OwnSessions, ownSessions } from "../open/own-sessions.ts";

/**
 * A backend that opens files on a disk, and can give back what ONNX Runtime holds of them, those too that loading then
 * refused.
 */
export interface DiskBackend extends Backend {
  release(): void;
}

/** The backend of one thread. */
export function diskBackend(): DiskBackend {
  let own: OwnSessions<NodeRuntime> | undefined;
  const runtime = async () => (own ??= ownSessions(await importRuntime())).runtime;
  return {
    openGraph: async (request) => openOnChosenDevice(await runtime(), request),
    openDrafter: async (drafter, request): Promise<InferenceSession> =>
      openDrafterSession(await runtime(), drafter, request),
    release: () => own?.release(),
  };
}

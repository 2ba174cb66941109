import type { InferenceSession } from "onnxruntime-node";
import { openOnChosenDevice } from "../device/open-on-chosen-device.ts";
import type { Backend } from "../open/backend.ts";
import { importRuntime, type NodeRuntime, openDrafterSession } from "../open/open-graph.ts";
import { type OwnSessions, ownSessions } from "../open/own-sessions.ts";

/** A backend that opens files on disk and can release all of their sessions, including those refused during loading. */
export interface DiskBackend extends Backend {
  release(): void;
}

/** A backend for one thread. */
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

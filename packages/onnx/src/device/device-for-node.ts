/** Decides which device a model runs on, on servers. */

import { raceBlocks, runSteps } from "../checks/compare-devices.ts";
import { scanOnnx } from "../onnx-file/scan-file.ts";
import { openFile } from "../open/open-file.ts";
import { sessionOptions } from "../open/open-graph.ts";
import { candidates, impossible, type Platform } from "../protocol/devices.ts";
import type { LoadRequest } from "../protocol/protocol.ts";
import type { Model } from "../run/sequence.ts";
import { type ChosenDevice, chooseDevice, type Means } from "./choose-device.ts";
import { openOnDevice } from "./open-on-device.ts";
import { probeDevice } from "./probe-device.ts";

/**
 * Moves a model that is open on the CPU to the requested device. Rejects with `unsupported` when a named device is not
 * available or its results differ from the CPU's; `auto` falls back to the CPU and reports the reason. The unused
 * session is released.
 */
export async function chooseDeviceForNode(
  cpu: Model,
  request: LoadRequest,
  tolerance: number,
  platform: Platform,
  means: Means = meansOf(cpu, request, platform),
): Promise<ChosenDevice> {
  const { name, device = "cpu", engines = 1 } = request;
  if (device === "auto" && engines > 1) {
    return {
      model: cpu,
      device: { name: "cpu", why: "Several engines share the processor's cores; name a device to put them all on it." },
    };
  }
  const possible = candidates.filter((device) => impossible(device, platform) === undefined);
  return chooseDevice(cpu, { name, device, candidates: possible, plain: "the device cpu" }, tolerance, means);
}

function meansOf(cpu: Model, request: LoadRequest, platform: Platform): Means {
  const { runtime } = cpu.graph;
  return {
    probe: (device, timed) => probeDevice(runtime, device, platform, timed),
    open: (device) =>
      openOnDevice(cpu, device, (options) =>
        openFile(runtime, scanOnnx(request.file), { ...sessionOptions(request), ...options }, request.hidden),
      ),
    runSteps,
    race: raceBlocks,
  };
}

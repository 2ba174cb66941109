/** Decides which device a model runs on, by trying it. */
import { LenityError } from "@lenity/core";
import { reason } from "../onnx-file/first-line.ts";
import type { Device, DeviceOption, DeviceReport } from "../protocol/devices.ts";
import type { Model } from "../run/sequence.ts";
import type { Probed } from "./probe-device.ts";
import { type Trial, time, verifyDevice } from "./verify-device.ts";

/**
 * `auto` skips a device that takes more than this many times as long as the CPU for a plain matrix product: it is a GPU
 * emulated in software.
 */
const tooSlow = 4;

/** Steps of the choice, which tests replace. */
export interface Means extends Trial {
  probe(device: Device, timed: boolean): Promise<Probed>;
  race(models: readonly Model[]): Promise<readonly number[]>;
}

/** The model on its device, and the reason for the choice. */
export interface ChosenDevice {
  readonly model: Model;
  readonly device: DeviceReport;
}

/** The requested device. */
export interface DeviceRequest {
  /** The model's name. */
  readonly name: string;
  readonly device: DeviceOption;
  /** The devices that `auto` tries, in this order. */
  readonly candidates: readonly Device[];
  /** How messages name the option for the CPU: "the device cpu". */
  readonly plain: string;
}

/**
 * Moves a model that is open on the CPU to the requested device. Rejects with `unsupported` when a named device is not
 * available or its results differ from the CPU's; `auto` falls back to the CPU and reports the reason. The unused
 * session is released.
 */
export async function chooseDevice(
  cpu: Model,
  request: DeviceRequest,
  tolerance: number,
  means: Means,
): Promise<ChosenDevice> {
  const { name, device } = request;
  if (device === "cpu") return { model: cpu, device: { name: "cpu", why: "No other device was requested." } };
  if (device === "auto") return chosen(cpu, request.candidates, tolerance, means);
  const probed = await means.probe(device, false);
  if (probed.fault !== undefined) throw unavailable(name, device, probed);
  const { model, why } = await verifyDevice(cpu, device, tolerance, means).catch((cause) => {
    throw new LenityError(
      "unsupported",
      `${name} cannot run on ${device}: ${reason(cause)}. ${advice(cause, request.plain)}`,
      { cause },
    );
  });
  await cpu.graph.session.release();
  return { model, device: { name: device, why: `It was requested. ${why}` } };
}

/** The error for a named device that is not available. */
export function unavailable(
  name: string,
  device: Device,
  { fault, remedy }: Extract<Probed, { readonly fault: string }>,
): LenityError {
  return new LenityError(
    "unsupported",
    `${name} cannot run on ${device}. ${fault}${remedy === undefined ? "" : ` ${remedy}`}`,
  );
}

async function chosen(
  cpu: Model,
  candidates: readonly Device[],
  tolerance: number,
  means: Means,
): Promise<ChosenDevice> {
  const refused: string[] = [];
  const own = await means.probe("cpu", true);
  for (const device of candidates) {
    const tried = await tryDevice(cpu, device, tolerance, own, means).catch((error) => `${reason(error)}.`);
    if (typeof tried !== "string") {
      await cpu.graph.session.release();
      return tried;
    }
    refused.push(`Not on ${device}: ${tried}`);
  }
  return {
    model: cpu,
    device: { name: "cpu", why: refused.length === 0 ? "This machine has no other device." : refused.join(" ") },
  };
}

/** The model on a device that is correct and faster; or the reason why not. */
async function tryDevice(
  cpu: Model,
  device: Device,
  tolerance: number,
  own: Probed,
  means: Means,
): Promise<ChosenDevice | string> {
  const probed = await means.probe(device, true);
  if (probed.fault !== undefined) return probed.fault;
  if (own.fault === undefined && probed.milliseconds > tooSlow * own.milliseconds) {
    return `a matrix product takes ${time(probed.milliseconds)} there and ${time(own.milliseconds)} on the CPU, so it is emulated in software or a very small GPU.`;
  }
  const { model, why } = await verifyDevice(cpu, device, tolerance, means);
  const [there, here] = (await means.race([model, cpu])) as [number, number];
  const seen = `A block of eight tokens takes ${time(there)} there and ${time(here)} on the CPU.`;
  if (there < here) return { model, device: { name: device, why: `${seen} ${why}` } };
  await model.graph.session.release();
  return seen;
}

const advice = (cause: unknown, plain: string) =>
  /requires f16/.test(reason(cause))
    ? `Use a variant without float16, such as one written by lenity export --weights float32, or ${plain}.`
    : `Use ${plain} or auto.`;
